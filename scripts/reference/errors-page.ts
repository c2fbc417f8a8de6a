import { type ErrorEntry } from '../../domain/error-entry.ts';
import { ERRORS, errorEntry, isErrorCode } from '../../domain/errors.ts';

const FATES: Readonly<Record<ErrorEntry['fate'], string>> = {
  never: 'it will not get better by itself: the run ends',
  retry: 'tried again by itself while `retries.infrastructure` lasts',
  ask: 'the run parks until a person has mended it',
};

/** `docs/reference/errors.md`. */
export function errorsPage(): string {
  const codes = Object.keys(ERRORS).filter(isErrorCode).toSorted();
  return [
    '# Errors',
    '',
    'Every error carries one of these codes; `trainyard explain CODE` prints the same. A code is never reused.',
    'Generated from `domain/errors.ts`: change it there and run `node scripts/generate-reference.ts`.',
    '',
    ...Object.entries(FATES).map(([fate, text]) => `- \`${fate}\`: ${text}`),
    '',
    '| code | fate | exit | HTTP | what it means |',
    '| --- | --- | --- | --- | --- |',
    ...codes.map((code) => {
      const { fate, exit, http, what } = errorEntry(code);
      return `| [${code}](#${code.toLowerCase()}) | ${fate} | ${exit} | ${http} | ${cell(what.en)} |`;
    }),
    '',
    ...codes.flatMap((code) => section(code, errorEntry(code))),
  ].join('\n');
}

function section(code: string, { what, fix }: ErrorEntry): string[] {
  return [`## ${code}`, '', `- What: ${what.en}`, `- Fix: ${fix.en}`, `- 含义：${what.zh}`, `- 处理：${fix.zh}`, ''];
}

/** Text that stays in its cell. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
