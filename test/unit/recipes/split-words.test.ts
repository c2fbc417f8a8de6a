import { describe, expect, it } from 'vitest';
import { splitWords } from '../../../recipes/split-words.ts';

describe('a command line', () => {
  it.each<[string, string[] | null]>([
    ['python train.py --x=1', ['python', 'train.py', '--x=1']],
    ['  a \t b\n', ['a', 'b']],
    [`a 'b c' "d e"f`, ['a', 'b c', 'd ef']],
    [`a '' ""`, ['a', '', '']],
    ['a\\ b', ['a b']],
    [String.raw`"a\"b" 'c\d' "e\n"`, ['a"b', 'c\\d', 'e\\n']],
    [
      'echo $HOME *.py; rm -rf / | cat > x && `id` $(id) #x',
      ['echo', '$HOME', '*.py;', 'rm', '-rf', '/', '|', 'cat', '>', 'x', '&&', '`id`', '$(id)', '#x'],
    ],
    ['训练 "数据 集"', ['训练', '数据 集']],
    ['', []],
    ['a "b', null],
    ["a 'b", null],
    ['a \\', null],
  ])('%j becomes %j, and nothing in it is expanded', (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });
});
