import { describe, expect, it } from 'vitest';
import { EN } from '../../../../client/cli/messages/en.ts';
import { HELP_EN } from '../../../../client/cli/messages/help-en.ts';
import { HELP_ZH } from '../../../../client/cli/messages/help-zh.ts';
import { chooseLanguage, texts } from '../../../../client/cli/messages/texts.ts';
import { ZH } from '../../../../client/cli/messages/zh.ts';

const english: Readonly<Record<string, string>> = { ...EN, ...HELP_EN };
const chinese: Readonly<Record<string, string>> = { ...ZH, ...HELP_ZH };
const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).toSorted();

describe('the catalogue', () => {
  it('has every sentence in both languages', () => {
    expect(Object.keys(chinese).toSorted()).toEqual(Object.keys(english).toSorted());
    expect(Object.entries(chinese).filter(([, text]) => text === '')).toEqual([]);
  });

  it('fills the same holes in both languages', () => {
    const unlike = Object.keys(english).filter(
      (key) => holes(chinese[key] ?? '').join() !== holes(english[key] ?? '').join(),
    );
    expect(unlike).toEqual([]);
  });

  it('puts values in as they are, braces and all', () => {
    expect(texts('en')('start.started', { run: '{run}$&' })).toBe('Started {run}$&');
  });
});

describe('chooseLanguage', () => {
  it.each([
    ['the flag first', 'en', { LANG: 'zh_CN.UTF-8' }, 'en'],
    ['then TRAINYARD_LANG', undefined, { TRAINYARD_LANG: 'zh', LC_ALL: 'en_US' }, 'zh'],
    ['then LC_ALL', undefined, { LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }, 'en'],
    ['then LANG', undefined, { LC_ALL: '', LANG: 'zh_TW.UTF-8' }, 'zh'],
    ['English for everything else', undefined, { LANG: 'fr_FR' }, 'en'],
    ['English for nothing', undefined, {}, 'en'],
  ])('takes %s', (_what, flag, env, lang) => {
    expect(chooseLanguage(flag, env)).toBe(lang);
  });
});
