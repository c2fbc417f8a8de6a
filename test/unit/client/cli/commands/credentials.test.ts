import { describe, expect, it, vi } from 'vitest';
import { run as deleteOne } from '../../../../../client/cli/commands/credential-delete.ts';
import { run as list } from '../../../../../client/cli/commands/credential-list.ts';
import { run as set } from '../../../../../client/cli/commands/credential-set.ts';
import { run as test } from '../../../../../client/cli/commands/credential-test.ts';
import { parseHost } from '../../../../../client/cli/certificate.ts';
import type { Credentials } from '../../../../../ports/credentials.ts';
import type { Git } from '../../../../../ports/git.ts';
import { fakeContext, input } from '../fake-context.ts';

function keeping(change: Partial<Credentials> = {}) {
  const kept = vi.fn(async () => undefined);
  const found = { name: 'forge', host: 'git.example', username: 'robot', path: '/secret/file' };
  const credentials = async (): Promise<Credentials> =>
    ({
      set: kept,
      list: async () => [found],
      find: async () => found,
      delete: async () => true,
      ...change,
    }) as unknown as Credentials;
  return { kept, credentials };
}

describe('credential set', () => {
  it('takes the secret from standard input, without the newline of its file', async () => {
    const { kept, credentials } = keeping();
    const { context, out, err } = fakeContext({ credentials, stdin: 's3cret\n' });
    await set(context, input(['forge'], { host: 'git.example', username: 'robot' }));
    expect(kept).toHaveBeenCalledWith({ name: 'forge', host: 'git.example', username: 'robot' }, 's3cret');
    expect(out() + err()).not.toContain('s3cret');
  });

  it('refuses an empty secret and a missing host', async () => {
    const { kept, credentials } = keeping();
    await expect(set(fakeContext({ credentials }).context, input(['forge'], { host: 'h' }))).rejects.toMatchObject({
      code: 'TY_CLI_USAGE',
    });
    await expect(set(fakeContext({ credentials, stdin: 'x' }).context, input(['forge']))).rejects.toMatchObject({
      details: { where: '--host' },
    });
    expect(kept).not.toHaveBeenCalled();
  });
});

describe('credential list', () => {
  it('shows names, hosts and users, and not where the secrets lie', async () => {
    const { context, out } = fakeContext({ credentials: keeping().credentials, format: 'json' });
    await list(context);
    expect(JSON.parse(out())).toEqual([{ name: 'forge', host: 'git.example', username: 'robot' }]);
  });
});

describe('credential test', () => {
  it('asks the repository with the credential', async () => {
    const resolveRef = vi.fn(async () => ({ ref: 'refs/heads/main', commit: 'c'.repeat(40) }));
    const git = async (): Promise<Git> => ({ resolveRef }) as unknown as Git;
    const { context, out } = fakeContext({ credentials: keeping().credentials, git });
    await test(context, input(['forge'], { url: 'https://git.example/a' }));
    expect(resolveRef).toHaveBeenCalledWith(
      { url: 'https://git.example/a', credential: 'forge' },
      'HEAD',
      context.signal,
    );
    expect(out()).toContain('c'.repeat(40));
  });
});

describe('credential delete', () => {
  it('says that there was none', async () => {
    const { credentials } = keeping({ delete: async () => false });
    await expect(deleteOne(fakeContext({ credentials, yes: true }).context, input(['x']))).rejects.toMatchObject({
      code: 'TY_GIT_CREDENTIAL_MISSING',
    });
  });
});

describe('parseHost', () => {
  it.each([
    ['git.example', { host: 'git.example', port: 443 }],
    ['git.example:8443', { host: 'git.example', port: 8443 }],
    ['[::1]:8443', { host: '::1', port: 8443 }],
  ])('reads %s', (text, parsed) => {
    expect(parseHost(text)).toEqual(parsed);
  });

  it.each([['https://git.example'], ['git.example/path'], ['git.example:0'], ['git.example:99999'], ['-x'], ['']])(
    'refuses "%s"',
    (text) => {
      expect(() => parseHost(text)).toThrow(expect.objectContaining({ code: 'TY_CLI_USAGE' }));
    },
  );
});
