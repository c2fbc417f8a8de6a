import type { Language } from '../context.ts';
import { EN } from './en.ts';
import { HELP_EN } from './help-en.ts';
import { HELP_ZH } from './help-zh.ts';
import { ZH } from './zh.ts';

const ENGLISH = { ...EN, ...HELP_EN } as const;
const TABLES: Readonly<Record<Language, Readonly<Record<TextKey, string>>>> = {
  en: ENGLISH,
  zh: { ...ZH, ...HELP_ZH },
};

export type TextKey = keyof typeof ENGLISH;
export type HelpKey = keyof typeof HELP_EN;

/** Names between braces in the English sentence: what has to be filled in. */
type Holes<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never;

type Filling<K extends TextKey> = [Holes<(typeof ENGLISH)[K]>] extends [never]
  ? readonly []
  : readonly [Readonly<Record<Holes<(typeof ENGLISH)[K]>, string | number>>];

/** Says a sentence of the catalogue. */
export type Say = <K extends TextKey>(key: K, ...filling: Filling<K>) => string;

/** The catalogue in one language. */
export function texts(lang: Language): Say {
  const table = TABLES[lang];
  return (key, ...filling) => fill(table[key], filling[0] ?? {});
}

function fill(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/\{(\w+)\}/g, (hole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : hole,
  );
}

/** `--lang`, then `TRAINYARD_LANG`, `LC_ALL`, `LC_MESSAGES`, `LANG`; English unless one of them says Chinese. */
export function chooseLanguage(flag: string | undefined, env: Readonly<Record<string, string | undefined>>): Language {
  const said = [flag, env['TRAINYARD_LANG'], env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find(Boolean);
  return said?.toLowerCase().startsWith('zh') === true ? 'zh' : 'en';
}
