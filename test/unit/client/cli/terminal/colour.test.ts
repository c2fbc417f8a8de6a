import { describe, expect, it } from 'vitest';
import { painter, wantsColour } from '../../../../../client/cli/terminal/colour.ts';

describe('wantsColour', () => {
  it.each([
    ['a terminal has colour', { off: false, env: {}, isTTY: true }, true],
    ['a pipe has none', { off: false, env: {}, isTTY: false }, false],
    ['--no-color goes before FORCE_COLOR', { off: true, env: { FORCE_COLOR: '1' }, isTTY: true }, false],
    ['NO_COLOR goes before FORCE_COLOR', { off: false, env: { NO_COLOR: '1', FORCE_COLOR: '1' }, isTTY: true }, false],
    ['an empty NO_COLOR says nothing', { off: false, env: { NO_COLOR: '' }, isTTY: true }, true],
    ['FORCE_COLOR colours a pipe', { off: false, env: { FORCE_COLOR: '1' }, isTTY: false }, true],
    ['FORCE_COLOR=0 takes it from a terminal', { off: false, env: { FORCE_COLOR: '0' }, isTTY: true }, false],
    ['a dumb terminal has none', { off: false, env: { TERM: 'dumb' }, isTTY: true }, false],
    ['a build server has none', { off: false, env: { CI: 'true' }, isTTY: true }, false],
  ])('%s', (_claim, wish, wanted) => {
    expect(wantsColour(wish)).toBe(wanted);
  });
});

describe('painter', () => {
  it('leaves text alone without colour', () => {
    expect(painter(false)('red', 'text')).toBe('text');
    expect(painter(true)('red', 'text')).toBe('\u001b[31mtext\u001b[39m');
  });
});
