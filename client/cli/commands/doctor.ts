import type { CommandContext, DoctorFinding } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { painter } from '../terminal/colour.ts';
import type { Paint } from '../terminal/colour.ts';
import { cleanText, displayWidth, pad } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext): Promise<Ended> {
  const say = texts(context.lang);
  const composition = await context.composition();
  const findings = await composition.doctor();
  const missing = findings.filter(({ state }) => state === 'missing').length;
  await printResult(context, {
    data: { findings, missing },
    names: findings.filter(({ state }) => state !== 'ok').map(({ name }) => name),
    lines: () => findingLines(findings, painter(context.colour), say('error.fix')),
  });
  tell(context, '', missing === 0 ? say('doctor.ok') : say('doctor.missing', { count: missing }));
  return missing === 0 ? EXIT.ok : EXIT.error;
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
