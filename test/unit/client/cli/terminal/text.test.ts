import { describe, expect, it } from 'vitest';
import { cleanText, displayWidth, pad, safeJson, truncate } from '../../../../../client/cli/terminal/text.ts';

const ESC = '\u001b';

describe('cleanText', () => {
  it.each([
    ['a window title', `${ESC}]0;owned\u0007text`, 'text'],
    ['a title that ends with ST', `${ESC}]2;owned${ESC}\\text`, 'text'],
    ['a link', `${ESC}]8;;https://evil.example${ESC}\\text${ESC}]8;;${ESC}\\`, 'text'],
    ['the clipboard', `${ESC}]52;c;ZXZpbA==\u0007text`, 'text'],
    ['a cleared screen', `${ESC}[2J${ESC}[Htext`, 'text'],
    ['a question to the terminal', `${ESC}[6ntext${ESC}[c`, 'text'],
    ['a device string', `${ESC}P1;2|data${ESC}\\text`, 'text'],
    ['a reset', `${ESC}ctext`, 'text'],
    ['one-byte control sequences', '\u009b2Jtext\u009d0;x\u009c', 'text'],
    ['an escape that builds another when removed', `${ESC}${ESC}[2J[31mtext`, '[31mtext'],
    ['a lone escape at the end', `text${ESC}`, 'text'],
    ['bells, backspaces and deletes', 'a\u0007b\bc\u007f', 'abc'],
    ['marks that reorder text', 'user\u202Egpj.exe\u2066', 'usergpj.exe'],
    ['a byte order mark', '\uFEFFtext', 'text'],
  ])('removes %s', (_what, raw, clean) => {
    expect(cleanText(raw)).toBe(clean);
    expect(cleanText(raw, true)).toBe(clean);
  });

  it('keeps tabs, newlines and letters of any script', () => {
    expect(cleanText('一\tdeux\nтри 🚂')).toBe('一\tdeux\nтри 🚂');
  });

  it('lets colour through only where it is wanted, and ends it', () => {
    const raw = `${ESC}[31mred${ESC}[1;4mmore`;
    expect(cleanText(raw)).toBe('redmore');
    expect(cleanText(raw, true)).toBe(`${raw}${ESC}[0m`);
  });

  it('shows of a progress bar what was drawn last', () => {
    expect(cleanText('10%\r50%\r100%\ndone\r\n')).toBe('100%\ndone\n');
  });
});

describe('safeJson', () => {
  it('escapes what JSON itself leaves in', () => {
    const text = safeJson({ name: '\u009b2J\u202E\u007f' });
    expect(text).toContain('\\u009b2J\\u202e\\u007f');
    expect(JSON.parse(text)).toEqual({ name: '\u009b2J\u202E\u007f' });
  });
});

describe('widths', () => {
  it('counts wide characters twice and colour not at all', () => {
    expect(displayWidth('名称ab')).toBe(6);
    expect(displayWidth(`${ESC}[31mab${ESC}[39m`)).toBe(2);
    expect(displayWidth('e\u0301')).toBe(1);
  });

  it('fills up by columns, not by characters', () => {
    expect(pad('名', 4)).toBe('名  ');
  });

  it('cuts before the character that does not fit', () => {
    expect(truncate('名称名称', 5)).toBe('名称…');
    expect(truncate('short', 5)).toBe('short');
  });
});
