import { expect, test } from 'vitest';
import { checkRepoUrl, isRepoUrlAllowed, parseRepoUrl } from '../../../domain/repo-url.ts';

test.each([
  ['https://Git.Example/ml/digits.git', 'https', 'git.example', 'https://git.example/ml/digits.git'],
  ['https://git.example:443/a', 'https', 'git.example', 'https://git.example/a'],
  ['http://127.0.0.1:3000/a/b', 'http', '127.0.0.1:3000', 'http://127.0.0.1:3000/a/b'],
  ['https://[::1]:8443/a', 'https', '[::1]:8443', 'https://[::1]:8443/a'],
  ['ssh://git@git.example:2222/a.git', 'ssh', 'git.example:2222', 'ssh://git@git.example:2222/a.git'],
  ['git@git.example:ml/a.git', 'ssh', 'git.example', 'git@git.example:ml/a.git'],
  ['file:///srv/repos/a.git', 'file', '', 'file:///srv/repos/a.git'],
  ['/srv/数据 集/a.git/', 'file', '', 'file:///srv/%E6%95%B0%E6%8D%AE%20%E9%9B%86/a.git'],
])('reads %s', (text, scheme, host, url) => {
  expect(parseRepoUrl(text)).toMatchObject({ ok: true, value: { scheme, host, url } });
});

test.each([
  ['', 'is empty'],
  ['https://user:pw@git.example/a', 'holds a user name or password'],
  ['https://token@git.example/a', 'holds a user name or password'],
  ['ssh://git:pw@git.example/a', 'holds a password'],
  ['ssh://-oProxyCommand=x/a', 'has no host'],
  ['ssh://-x@git.example/a', 'has a user name'],
  ['-oProxyCommand=touch x', 'starts with "-"'],
  ['ext::sh -c touch% x', 'names a remote helper'],
  ['fd::17/foo', 'names a remote helper'],
  ['git://git.example/a', 'is not an https://'],
  ['ftp://git.example/a', 'is not an https://'],
  ['C:/x', 'is not an https://'],
  ['../x', 'is not an https://'],
  ['file://server/share', 'names a host'],
  ['/srv/../etc', 'has "." or ".."'],
  ['file:///srv/%2e%2e/etc', 'has "." or ".."'],
  ['https://git.example/a/../b', 'has "." or ".."'],
  ['https://git.example/%2E%2E/b', 'has "." or ".."'],
  ['https://git.example/a?x=1', 'has a query'],
  ['https://git.example/a#b', 'has a query or a fragment'],
  ['https://git.example/a%00b', 'holds a control character'],
  ['https://git.example/a\nb', 'holds a control character'],
  ['https://git.example/$(touch x)', 'has a path with spaces'],
  ['https://git.example\\@evil/a', 'holds a backslash'],
  ['https://git.example/', 'names no repository'],
  ['https:///a', 'has no host'],
  ['git@git.example:-x', 'has a path that starts with "-"'],
])('refuses %j', (text, fault) => {
  expect(checkRepoUrl(text)).toContain(fault);
});

test('http hosts and folders are used only where they are listed', () => {
  const allowed = (text: string, allow: readonly string[]): boolean => {
    const parsed = parseRepoUrl(text);
    return parsed.ok && isRepoUrlAllowed(parsed.value, allow);
  };
  expect(allowed('https://git.example/a', [])).toBe(true);
  expect(allowed('ssh://git@git.example/a', [])).toBe(true);
  expect(allowed('http://git.example/a', [])).toBe(false);
  expect(allowed('http://git.example/a', ['git.example'])).toBe(true);
  expect(allowed('http://git.example:81/a', ['git.example'])).toBe(false);
  expect(allowed('/srv/repos/a', ['/srv/repos'])).toBe(true);
  expect(allowed('/srv/repository', ['/srv/repo'])).toBe(false);
});
