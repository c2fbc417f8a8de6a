import type { ChatSettings } from '../../domain/notices/channel.ts';
import type { Told } from '../../domain/notices/delivery.ts';
import { plainLine, type NoticeText } from '../../domain/notices/text.ts';
import type { Credentials } from '../../ports/credentials.ts';
import type { Channel, Message } from '../../ports/notifier.ts';
import { refusal } from './address.ts';
import { type Answer, post } from './post.ts';
import { partsOf, readSecret, requireHost, unusable } from './secret.ts';

/** What one kind of chat robot wants. */
export interface Robot {
  readonly batch: number;
  readonly spacingMs: number;
  /** Bytes of a body that are taken; `null` = no limit that matters here. */
  readonly mostBytes: number | null;
  /** @param nowMs since 1970 */
  request(url: URL, signing: string | null, texts: readonly NoticeText[], nowMs: number): Request;
  judge(answer: Answer): Told;
}

interface Request {
  readonly url: URL;
  readonly body: unknown;
}

/** How long values may be, tried in turn until a message fits. */
const LENGTHS = [600, 200, 80, 30] as const;

/** A channel whose address is a secret. */
export function createChat(settings: ChatSettings, credentials: Credentials, robot: Robot, now: () => number): Channel {
  return {
    name: settings.name,
    kind: settings.kind,
    batch: robot.batch,
    spacingMs: robot.spacingMs,
    tell: async (messages, signal) => {
      const address = await readSecret(credentials, settings.credential);
      const url = URL.parse(address.value);
      const why = refusal(url, settings.plainHttp);
      if (url === null || why !== null) throw unusable(address.name, address.host, why ?? '');
      requireHost(address, url.host);
      const signing = settings.signing === null ? null : await readSecret(credentials, settings.signing);
      if (signing !== null) requireHost(signing, url.host);
      const request = fitting(robot, url, signing?.value ?? null, messages, now());
      const secrets = [...partsOf(url), ...(signing === null ? [] : [signing.value])];
      return await post({ ...request, secrets }, signal, (answer) => robot.judge(answer));
    },
  };
}

function fitting(robot: Robot, url: URL, signing: string | null, messages: readonly Message[], nowMs: number) {
  let made = { url, body: '' };
  for (const longest of LENGTHS) {
    const texts = messages.map(({ text }) => shortened(text, longest));
    const request = robot.request(new URL(url), signing, texts, nowMs);
    made = { url: request.url, body: JSON.stringify(request.body) };
    if (robot.mostBytes === null || Buffer.byteLength(made.body) <= robot.mostBytes) break;
  }
  return made;
}

function shortened(text: NoticeText, longest: number): NoticeText {
  const facts = text.facts.map(({ name, value }) => ({ name, value: plainLine(value, longest) }));
  return { ...text, title: plainLine(text.title, longest), facts };
}

/** `name: value`, one a line. */
export function factLines({ facts }: NoticeText): string {
  return facts.map(({ name, value }) => `${name}: ${value}`).join('\n');
}

/** Robots that answer 200 to everything say in the body what came of it. */
export function judgeCode(
  answer: Answer,
  rules: {
    readonly codes: readonly string[];
    readonly message: readonly string[];
    /** Pause after a code, milliseconds. */
    readonly waits: Readonly<Record<string, number>>;
  },
  otherwise: (answer: Answer) => Told,
): Told {
  if (answer.status !== 200) return otherwise(answer);
  const body = parse(answer.text);
  const code = first(body, rules.codes);
  if (typeof code !== 'number') return { ok: false, again: true, waitMs: null, answer: '200 without a result' };
  const said = String(first(body, rules.message) ?? '');
  if (code === 0) return { ok: true, answer: `0 ${said}`.trim() };
  return { ok: false, again: true, waitMs: rules.waits[String(code)] ?? null, answer: `${code} ${said}`.trim() };
}

function first(body: Readonly<Record<string, unknown>>, names: readonly string[]): unknown {
  const found = names.find((name) => body[name] !== undefined);
  return found === undefined ? undefined : body[found];
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
