import { expect, test } from 'vitest';
import { gitConfig, gitEnvironment, lfsUrl } from '../../../../adapters/git/environment.ts';
import { parseRepoUrl } from '../../../../domain/repo-url.ts';
import type { RepoUrl } from '../../../../domain/repo-url.ts';

function url(text: string): RepoUrl {
  const parsed = parseRepoUrl(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}

const lowSpeed = { bytesPerSecond: 1_000, seconds: 60 };
const plain = { lowSpeed, hasCredential: false, certificate: null, insecure: false };

test('nothing of the own environment is handed on', () => {
  const env = gitEnvironment({ path: '/bin', home: '/tmp/x', operation: 'op', url: url('https://h/x') });
  expect(
    Object.keys(env)
      .filter((name) => !name.startsWith('GIT_'))
      .toSorted(),
  ).toEqual(['HOME', 'LC_ALL', 'PATH', 'SSH_ASKPASS', 'TRAINYARD_GIT_OPERATION'].toSorted());
});

test.each([
  ['https://h/x', 'https'],
  ['http://h/x', 'http'],
  ['ssh://git@h/x', 'ssh'],
  ['/srv/x', 'file'],
])('%s lets git use %s and no other protocol', (text, protocol) => {
  expect(gitEnvironment({ path: '', home: '', operation: '', url: url(text) })['GIT_ALLOW_PROTOCOL']).toBe(protocol);
});

test('the agent of ssh is reachable for ssh alone', () => {
  const input = { path: '', home: '', operation: '', sshAgent: '/run/agent' };
  expect(gitEnvironment({ ...input, url: url('ssh://git@h/x') })['SSH_AUTH_SOCK']).toBe('/run/agent');
  expect(gitEnvironment({ ...input, url: url('https://h/x') })['SSH_AUTH_SOCK']).toBeUndefined();
});

test('the credential helper is bound to scheme, host and port', () => {
  const config = gitConfig({ ...plain, url: url('https://h:8443/a/b'), hasCredential: true });
  const helpers = config.filter((item) => item.startsWith('credential.') && item.includes('helper='));
  expect(helpers[0]).toBe('credential.helper=');
  expect(helpers.slice(1).map((item) => item.slice(0, item.indexOf('=')))).toEqual([
    'credential.https://h:8443.helper',
  ]);
});

test.each(['ssh://git@h/x', '/srv/x'])('no helper answers for %s', (text) => {
  const config = gitConfig({ ...plain, url: url(text), hasCredential: true });
  expect(config.filter((item) => item.includes('TRAINYARD_GIT_ANSWER'))).toEqual([]);
});

test.each([
  ['https://h/a/b.git', 'https://h/a/b.git/info/lfs'],
  ['https://h/a/b', 'https://h/a/b.git/info/lfs'],
  ['/srv/x.git', 'file:///srv/x.git'],
  ['ssh://git@h/a', 'ssh://git@h/a'],
])('the LFS endpoint of %s is %s', (text, endpoint) => {
  expect(lfsUrl(url(text))).toBe(endpoint);
  expect(gitConfig({ ...plain, url: url(text) })).toEqual(
    expect.arrayContaining([`lfs.url=${endpoint}`, `lfs.pushurl=${endpoint}`]),
  );
});

test('certificates are checked unless one host is excepted', () => {
  expect(gitConfig({ ...plain, url: url('https://h/x') }).filter((item) => /sslverify/i.test(item))).toEqual([
    'http.sslVerify=true',
  ]);
  const config = gitConfig({ ...plain, url: url('https://h/x'), insecure: true, certificate: '/c.pem' });
  expect(config).toEqual(
    expect.arrayContaining(['http.https://h/.sslVerify=false', 'http.https://h/.sslCAInfo=/c.pem']),
  );
});

test('without a remote no protocol is allowed at all', () => {
  expect(gitEnvironment({ path: '', home: '', operation: '', url: null })['GIT_ALLOW_PROTOCOL']).toBe('none');
  expect(gitConfig({ ...plain, url: null }).some((item) => item.startsWith('lfs.'))).toBe(false);
});
