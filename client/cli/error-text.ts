import { errorEntry, toReport, TrainyardError } from '../../domain/errors.ts';
import type { ErrorReport, SpecIssue } from '../../domain/errors.ts';
import type { Language } from './context.ts';
import { texts } from './messages/texts.ts';
import { painter } from './terminal/colour.ts';
import { cleanText, displayWidth, safeJson } from './terminal/text.ts';

export interface ErrorStyle {
  readonly lang: Language;
  readonly colour: boolean;
  readonly verbose: boolean;
  /** The command, for errors that name no place. */
  readonly where: string;
}

const SHOWN_ISSUES = 20;

/** The four parts: what, where, why, fix. */
export function errorLines(error: unknown, style: ErrorStyle): string[] {
  const report = toReport(error);
  const paint = painter(style.colour);
  const say = texts(style.lang);
  const { what, why } = whatAndWhy(report, style.lang);
  const part = (name: string, value: string): string =>
    `${paint('dim', `${name}:`)} ${indented(oneText(value), displayWidth(name) + 2)}`;
  const issues = report.issues ?? [];
  const lines = [
    `${paint('red', paint('bold', `error[${report.code}]`))}: ${oneText(what)}`,
    part(say('error.where'), report.where || style.where),
    ...(issues.length > 0
      ? [paint('dim', `${say('error.why')}:`), ...issueLines(issues, style)]
      : [part(say('error.why'), why)]),
    part(say('error.fix'), report.fix ?? errorEntry(report.code).fix[style.lang]),
  ];
  if (style.verbose && error instanceof Error && error.stack !== undefined) lines.push(oneText(error.stack));
  return lines;
}

/**
 * The exact words are the head. In Chinese the table's sentence leads where the exact words are foreign ones, and they
 * stand behind it as the reason.
 */
export function whatAndWhy(report: ErrorReport, lang: Language): { what: string; why: string } {
  const rule = errorEntry(report.code).what[lang];
  const { message, why } = report;
  if (lang === 'en' || /\p{Script=Han}/u.test(message)) return { what: message, why: why || rule };
  return { what: rule, why: why === undefined || why === '' || message.includes(why) ? message : `${message}: ${why}` };
}

/** What happened, in one sentence. */
export function headline(error: unknown, lang: Language): string {
  return whatAndWhy(toReport(error), lang).what;
}

/** The same for programs. */
export function errorJson(error: unknown, lang: Language): string {
  const report = toReport(error);
  const row = errorEntry(report.code);
  return safeJson({
    code: report.code,
    message: report.message,
    where: report.where ?? null,
    why: report.why ?? null,
    hint: report.fix ?? row.fix[lang],
    docs: `docs/reference/errors.md#${report.code.toLowerCase()}`,
    retryable: row.fate === 'retry',
    ...(report.issues === undefined ? {} : { issues: report.issues }),
  });
}

/** Anything thrown; what has no code keeps its own words. */
export function asTrainyardError(error: unknown): TrainyardError {
  if (error instanceof TrainyardError) return error;
  const { message } = toReport(error);
  return new TrainyardError('TY_INTERNAL', message, {}, error);
}

function issueLines(issues: readonly SpecIssue[], { lang, colour }: ErrorStyle): string[] {
  const say = texts(lang);
  const paint = painter(colour);
  const shown = issues.slice(0, SHOWN_ISSUES).map(({ path, message, zh, suggestion }) => {
    const meant =
      suggestion === undefined ? '' : `${lang === 'zh' ? '；' : '; '}${say('error.didYouMean', { name: suggestion })}`;
    return `  ${path === '' ? '' : `${paint('bold', oneText(path))} `}${oneText((lang === 'zh' ? (zh ?? message) : message) + meant)}`;
  });
  const rest = issues.length - shown.length;
  return rest > 0 ? [...shown, `  ${say('error.more', { count: rest })}`] : shown;
}

function oneText(value: string): string {
  return cleanText(value).trimEnd();
}

function indented(value: string, by: number): string {
  return value.split('\n').join(`\n${' '.repeat(by)}`);
}
