import { ERRORS, errorEntry, isErrorCode, TrainyardError } from '../../../domain/errors.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { CommandContext, Language } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult } from '../output.ts';
import { painter } from '../terminal/colour.ts';
import { table } from '../terminal/table.ts';
import type { Ended } from '../tree.ts';

const CODES = Object.keys(ERRORS).filter(isErrorCode);

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const [given] = input.args;
  if (given === undefined) {
    await printResult(context, {
      data: CODES.map((code) => ({ code, ...errorEntry(code) })),
      names: CODES,
      lines: () => codeTable(context.lang),
    });
    return EXIT.ok;
  }
  const code = given.toUpperCase().replaceAll('-', '_');
  if (!isErrorCode(code)) throw await unknown(given, context.lang);
  await printResult(context, {
    data: { code, ...errorEntry(code) },
    names: [code],
    lines: () => explainLines(code, context.lang, context.colour),
  });
  return EXIT.ok;
}

/** The page of one code. */
export function explainLines(code: ErrorCode, lang: Language, colour: boolean): string[] {
  const say = texts(lang);
  const paint = painter(colour);
  const row = errorEntry(code);
  return [
    paint('bold', code),
    '',
    `${say('explain.means')}:`,
    `  ${row.what[lang]}`,
    `${say('explain.mends')}:`,
    `  ${row.fix[lang]}`,
    `${say('explain.fate')}:`,
    `  ${say(`explain.fate.${row.fate}`)}`,
    '',
    say('explain.exit', { exit: row.exit, http: row.http }),
  ];
}

function codeTable(lang: Language): string[] {
  const say = texts(lang);
  return table(
    [say('column.code'), say('column.meaning')],
    CODES.map((code) => [code, errorEntry(code).what[lang]]),
  );
}

async function unknown(given: string, lang: Language): Promise<TrainyardError> {
  const say = texts(lang);
  const { nearest } = await import('../../../spec/issues.ts');
  const name = nearest(given.toUpperCase(), CODES);
  return new TrainyardError('TY_CLI_USAGE', say('explain.unknown', { code: given }), {
    where: 'trainyard explain',
    ...(name === undefined ? {} : { why: say('error.didYouMean', { name }) }),
    fix: name === undefined ? 'trainyard explain' : `trainyard explain ${name}`,
  });
}
