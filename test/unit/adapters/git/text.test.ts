import { expect, test } from 'vitest';
import { formatPointer, objectPath, parsePointer } from '../../../../adapters/git/lfs-pointer.ts';
import { parseRefs } from '../../../../adapters/git/list-refs.ts';
import { plainText, redact } from '../../../../adapters/git/plain-text.ts';
import { lineSplitter, onceASecond } from '../../../../adapters/git/progress.ts';

const oid = 'ab'.repeat(32);

test('a pointer is read back as it was written', () => {
  expect(parsePointer(formatPointer({ oid, bytes: 12 }))).toEqual({ oid, bytes: 12 });
});

test.each([
  ['with carriage returns', `version https://git-lfs.github.com/spec/v1\r\noid sha256:${oid}\r\nsize 1\r\n`],
  ['without a last newline', `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 1`],
  ['of the first days', `version https://hawser.github.com/spec/v1\noid sha256:${oid}\nsize 1\n`],
  [
    'with an extension',
    `version https://git-lfs.github.com/spec/v1\next-0-x sha256:${oid}\noid sha256:${oid}\nsize 1\n`,
  ],
])('knows a pointer %s', (_name, text) => {
  expect(parsePointer(text)).toEqual({ oid, bytes: 1 });
});

test.each(['', 'text', 'version https://git-lfs.github.com/spec/v1\n', `oid sha256:${oid}\nsize 1\n`])(
  '%j is no pointer',
  (text) => {
    expect(parsePointer(text)).toBeNull();
  },
);

test('objects lie where git-lfs looks for them', () => {
  expect(objectPath('/r', oid)).toBe(`/r/lfs/objects/ab/ab/${oid}`);
});

test('reads an advertisement with HEAD, peeled tags and noise', () => {
  const a = 'a'.repeat(40);
  const b = 'b'.repeat(64);
  const refs = parseRefs(
    `ref: refs/heads/main\tHEAD\n${a}\tHEAD\n${a}\trefs/tags/v^{}\n${b}\trefs/heads/x\nwarning: hello\n`,
  );
  expect(refs.head).toBe('refs/heads/main');
  expect([...refs.ids]).toEqual([
    ['HEAD', a],
    ['refs/tags/v^{}', a],
    ['refs/heads/x', b],
  ]);
});

test('takes escape sequences, titles and direction marks out of what a server says', () => {
  expect(plainText('\u001b]0;title\u0007\u001b[31mred\u001b[0m \u202eevil\u0000\nnext')).toBe('red evil\nnext');
});

test('hides a secret in every spelling', () => {
  const secret = 'p&ss/"word';
  const text = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret),
    Buffer.from(secret).toString('base64'),
  ].join(' ');
  expect(redact(text, [secret])).toBe('*** *** "***" ***');
});

test('cuts progress into lines across chunks', () => {
  const lines: string[] = [];
  const feed = lineSplitter((line) => void lines.push(line));
  for (const chunk of ['Recei', 'ving: 1%\rReceiving: 2%\r', 'done\n', 'rest']) feed(Buffer.from(chunk));
  expect(lines).toEqual(['Receiving: 1%', 'Receiving: 2%', 'done']);
});

test('lets one line a second through', () => {
  let now = 0;
  const lines: string[] = [];
  const feed = onceASecond(
    (line) => void lines.push(line),
    () => now,
  );
  for (const [time, line] of [
    [0, 'a'],
    [999, 'b'],
    [1_000, 'c'],
    [1_500, 'd'],
    [2_000, 'e'],
  ] as const) {
    now = time;
    feed?.(line);
  }
  expect(lines).toEqual(['a', 'c', 'e']);
});
