import { errorEntry, type ErrorReport } from '../errors.ts';
import type { Notice } from '../notice.ts';
import { OPTIONAL_STAGES } from '../stage.ts';
import type { NoticeLanguage } from './channel.ts';
import { NOTICE_WORDS, type NoticeWords } from './words.ts';

/** A message before any channel's markup: every part is one line of plain text without control characters. */
export interface NoticeText {
  readonly title: string;
  readonly facts: readonly Fact[];
  /** Commands, each as it is typed. */
  readonly next: readonly string[];
  /** Where to see more; `null` = not known. */
  readonly link: string | null;
  /** What stands before `next` and `link`. */
  readonly labels: { readonly next: string; readonly page: string };
}

interface Fact {
  readonly name: string;
  readonly value: string;
}

const LONGEST_TITLE = 140;
const LONGEST_VALUE = 600;
const MOST_METRICS = 8;
const MOST_NAMES = 12;

/** What, why, and the next command. @param link the run's page */
export function noticeText(notice: Notice, language: NoticeLanguage, link: string | null): NoticeText {
  const words = NOTICE_WORDS[language];
  const { run, error } = notice;
  const { facts } = words;
  const found: readonly (readonly [name: string, value: string | null])[] = [
    [facts.why, error === null ? null : whyOf(error, language)],
    [facts.fix, error === null ? null : (error.fix ?? errorEntry(error.code).fix[language])],
    [facts.code, error?.code ?? null],
    ...gateFacts(notice, words),
    [facts.until, notice.until ?? null],
    [facts.metrics, metricsText(notice.metrics)],
    [facts.branch, run.branch],
    [facts.project, run.project],
    [facts.template, run.template],
    [facts.run, run.runId],
  ];
  return {
    title: plainLine(titleOf(notice, words), LONGEST_TITLE),
    facts: found.flatMap(([name, value]) =>
      value === null || value === '' ? [] : [{ name, value: plainLine(value, LONGEST_VALUE) }],
    ),
    next: nextOf(notice),
    link,
    labels: { next: words.next, page: words.page },
  };
}

/** What `notify test` sends. */
export function testText(channel: string, language: NoticeLanguage): NoticeText {
  const words = NOTICE_WORDS[language];
  return {
    title: words.test(channel),
    facts: [],
    next: ['trainyard notify list'],
    link: null,
    labels: { next: words.next, page: words.page },
  };
}

function titleOf({ event, run, stage, status, gate }: Notice, words: NoticeWords): string {
  const name = run.displayName ?? run.name;
  switch (event) {
    case 'started':
      return words.started(name);
    case 'gate-waiting':
      return gate === null ? name : words.gateWaiting(name, gate.stage);
    case 'gate-reminder':
      return gate === null ? name : words.gateReminder(name, gate.stage);
    case 'gate-decided':
      return words.gateDecided(name, stage ?? '', gate?.decided?.decision ?? null, gate?.decided?.by ?? null);
    case 'parked':
      return words.parked(name, stage);
    case 'ended':
      if (status === 'succeeded') return words.succeeded(name);
      return status === 'cancelled' ? words.cancelled(name) : words.failed(name, stage);
  }
}

function nextOf({ event, run, stage, status }: Notice): readonly string[] {
  const { runId } = run;
  switch (event) {
    case 'started':
      return [`trainyard run watch ${runId}`];
    case 'gate-waiting':
    case 'gate-reminder':
      return [
        `trainyard gate show ${runId} ${stage ?? ''}`,
        `trainyard gate approve ${runId} ${stage ?? ''}`,
        `trainyard gate reject ${runId} ${stage ?? ''} -m WHY`,
      ].map((command) => command.trim());
    case 'gate-decided':
      return [`trainyard run get ${runId}`];
    case 'parked': {
      const skip = stage !== null && OPTIONAL_STAGES.includes(stage) ? [`trainyard run skip ${runId}`] : [];
      return [`trainyard run retry ${runId}`, ...skip, `trainyard run abort ${runId}`];
    }
    case 'ended':
      return status === 'failed'
        ? [`trainyard run get ${runId}`, `trainyard run logs ${runId}`]
        : [`trainyard run get ${runId}`];
  }
}

function gateFacts({ gate }: Notice, words: NoticeWords): readonly (readonly [string, string | null])[] {
  if (gate === null) return [];
  const { check } = gate.offer;
  const votes = gate.votes.slice(0, MOST_NAMES);
  return [
    [words.facts.check, check === null ? null : words.check(check.holds, check.text)],
    [words.facts.votes, votes.map((vote) => words.vote(vote.actor, vote.decision, vote.verified)).join(', ')],
    [words.facts.approvers, gate.decided === undefined ? gate.approvers.slice(0, MOST_NAMES).join(', ') : null],
    [words.facts.until, gate.decided === undefined ? gate.until : null],
  ];
}

/** In Chinese the table's sentence leads, because the exact words are mostly those of a foreign program. */
function whyOf(error: ErrorReport, language: NoticeLanguage): string {
  const said = error.why === undefined || error.why === '' ? error.message : `${error.message}: ${error.why}`;
  return language === 'zh' ? `${errorEntry(error.code).what.zh}（${said}）` : said;
}

function metricsText(metrics: Notice['metrics']): string | null {
  if (metrics === null) return null;
  const shown = Object.entries(metrics).slice(0, MOST_METRICS);
  const more = Object.keys(metrics).length - shown.length;
  const parts = shown.map(([name, value]) => `${name} ${Number(value.toPrecision(6))}`);
  return [...parts, ...(more > 0 ? [`+${more}`] : [])].join(', ');
}

/** Without line breaks, control characters, and marks that reorder or hide text; not longer than said. */
export function plainLine(text: string, longest: number): string {
  const line = text
    .replaceAll(/\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g, '')
    .replaceAll(/[\u0000-\u001F\u007F-\u009F\u2028\u2029]+/g, ' ')
    .replaceAll(/[\u200B\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/g, '')
    .trim();
  const letters = Array.from(line);
  return letters.length <= longest ? line : `${letters.slice(0, longest - 1).join('')}…`;
}
