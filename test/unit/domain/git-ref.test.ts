import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { checkBranch, checkRef, isCommitId } from '../../../domain/git-ref.ts';

const GOOD = [
  'main',
  'v1.0',
  'feature/a-b',
  'refs/heads/main',
  'HEAD',
  'a@b',
  '数据/主',
  'a{b',
  'x.locked',
  '0123456',
  'a'.repeat(40),
];
const BAD = [
  '',
  '@',
  '-x',
  '--upload-pack=touch x',
  'a..b',
  'a b',
  'a~1',
  'a^',
  'a:b',
  'a?',
  'a*',
  'a[',
  'a\\b',
  '/a',
  'a/',
  'a//b',
  '.a',
  'a/.b',
  'a.lock',
  'a.lock/b',
  'a.',
  'a@{1}',
  'a\nb',
  'a\u0000b',
  'a\u007f',
  '\ud800',
];

test.each(GOOD)('accepts %j as a ref', (ref) => {
  expect(checkRef(ref)).toBeNull();
});

test.each(BAD)('refuses %j as a ref and says why', (ref) => {
  expect(checkRef(ref)).toMatch(/^(is|starts|holds|has|ends) /);
});

test('agrees with git check-ref-format on every text git can be given', () => {
  for (const ref of [...GOOD, ...BAD]) {
    if (ref.includes('\0') || !ref.isWellFormed() || ref.startsWith('-')) continue;
    const git = spawnSync('git', ['check-ref-format', '--allow-onelevel', ref]);
    expect([ref, checkRef(ref) === null]).toEqual([ref, git.status === 0]);
  }
});

test('a branch to push to is neither HEAD, nor a full ref, nor a commit id', () => {
  expect(checkBranch('runs/x-1')).toBeNull();
  for (const name of ['HEAD', 'refs/heads/x', 'a'.repeat(40), '-x']) expect(checkBranch(name)).not.toBeNull();
});

test('only full lower-case ids are commit ids', () => {
  expect(isCommitId('0'.repeat(64))).toBe(true);
  for (const id of ['abc', 'A'.repeat(40), '0'.repeat(41)]) expect(isCommitId(id)).toBe(false);
});
