import { CLUSTER_BACKENDS } from '../../../domain/pod-plan.ts';
import type { CommandContext, DoctorFinding, SiteDoctorOptions } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { painter } from '../terminal/colour.ts';
import type { Paint } from '../terminal/colour.ts';
import { cleanText, displayWidth, pad } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const composition = await context.composition();
  const wish = siteWish(input);
  const findings = wish === null ? await composition.doctor() : await composition.siteDoctor(wish);
  const missing = findings.filter(({ state }) => state === 'missing').length;
  await printResult(context, {
    data: { findings, missing },
    names: findings.filter(({ state }) => state !== 'ok').map(({ name }) => name),
    lines: () => findingLines(findings, painter(context.colour), say('error.fix')),
  });
  tell(context, '', missing === 0 ? say('doctor.ok') : say('doctor.missing', { count: missing }));
  return missing === 0 ? EXIT.ok : EXIT.error;
}

/** `null` = this machine is meant. */
function siteWish(input: CommandInput): SiteDoctorOptions | null {
  const backend = CLUSTER_BACKENDS.find((kind) => kind === textOf(input, 'backend')) ?? null;
  const site = textOf(input, 'site') ?? null;
  const queue = textOf(input, 'queue') ?? null;
  const runtime = textOf(input, 'runtime') ?? null;
  return [backend, site, queue, runtime].every((one) => one === null) ? null : { site, backend, queue, runtime };
}

/** `✓ name  what was found`, with the command that mends it below. */
export function findingLines(findings: readonly DoctorFinding[], paint: Paint, fixWord: string): string[] {
  const width = Math.max(0, ...findings.map(({ name }) => displayWidth(name)));
  return findings.flatMap(({ name, state, found, fix }) => {
    const line = `${symbolOf(state, paint)} ${pad(cleanText(name), width)}  ${cleanText(found)}`;
    return fix === null ? [line] : [line, `  ${' '.repeat(width)}  ${paint('dim', `${fixWord}:`)} ${cleanText(fix)}`];
  });
}

function symbolOf(state: DoctorFinding['state'], paint: Paint): string {
  switch (state) {
    case 'ok':
      return paint('green', '✓');
    case 'warn':
      return paint('yellow', '!');
    case 'missing':
      return paint('red', '✗');
  }
}
