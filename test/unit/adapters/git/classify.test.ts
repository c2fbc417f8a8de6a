import { expect, test } from 'vitest';
import { classify, tellingLines } from '../../../../adapters/git/classify.ts';
import type { GitAction } from '../../../../adapters/git/classify.ts';

const CASES: readonly (readonly [GitAction, string, string])[] = [
  ['read', "fatal: unable to access 'https://h/x/': SSL certificate problem: self-signed certificate", 'TY_GIT_TLS'],
  [
    'read',
    "fatal: unable to access 'https://h/x/': server certificate verification failed. CAfile: none",
    'TY_GIT_TLS',
  ],
  [
    'lfs-read',
    'batch request: tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'TY_GIT_TLS',
  ],
  ['read', "fatal: unable to access 'https://h/x/': The requested URL returned error: 302", 'TY_GIT_REDIRECT'],
  ['read', "fatal: Authentication failed for 'https://h/x/'", 'TY_GIT_AUTH'],
  ['read', "fatal: could not read Username for 'https://h': terminal prompts disabled", 'TY_GIT_AUTH'],
  ['read', 'git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.', 'TY_GIT_AUTH'],
  ['read', 'Host key verification failed.\nfatal: Could not read from remote repository.', 'TY_GIT_TLS'],
  ['push', "fatal: unable to access 'https://h/x/': The requested URL returned error: 403", 'TY_GIT_FORBIDDEN'],
  ['push', 'remote: Permission to a/b.git denied to bot.', 'TY_GIT_FORBIDDEN'],
  ['push', "fatal: detected dubious ownership in repository at '/srv/x'", 'TY_GIT_FORBIDDEN'],
  [
    'push',
    'remote: error: insufficient permission for adding an object to repository database objects',
    'TY_GIT_FORBIDDEN',
  ],
  ['push', '! [remote rejected] a -> a (pre-receive hook declined)', 'TY_PUSH_PROTECTED'],
  ['push', '! [remote rejected] a -> a (protected branch hook declined)', 'TY_PUSH_PROTECTED'],
  ['push', 'remote: error: GH013: Repository rule violations found', 'TY_PUSH_PROTECTED'],
  ['push', '! [rejected] a -> a (stale info)', 'TY_OUTPUT_BRANCH_TAKEN'],
  ['push', '! [rejected] a -> a (fetch first)', 'TY_OUTPUT_BRANCH_TAKEN'],
  ['push', 'fatal: write error: No space left on device', 'TY_DISK_FULL'],
  ['lfs-push', 'LFS: Insufficient server storage: http://h/x', 'TY_LFS_QUOTA'],
  ['lfs-push', 'LFS: Client error http://h/x from HTTP 413', 'TY_LFS_QUOTA'],
  ['lfs-push', 'batch response: This repository exceeded its LFS budget.', 'TY_LFS_QUOTA'],
  ['lfs-push', 'batch response: read only', 'TY_GIT_FORBIDDEN'],
  [
    'lfs-push',
    'LFS: Authorization error: http://h/x\nCheck that you have proper access to the repository',
    'TY_GIT_FORBIDDEN',
  ],
  ['lfs-push', 'Authentication required: Authorization error: http://h/x', 'TY_GIT_AUTH'],
  ['lfs-read', '[ab12] Object does not exist: [404] Object does not exist', 'TY_LFS_OBJECT_MISSING'],
  ['lfs-read', 'Fatal error: Server error: http://h/x', 'TY_GIT_UNREACHABLE'],
  [
    'lfs-read',
    'Downloading LFS objects: 84% (507/600), 413 MB | 4 MB/s\nbatch request: dial tcp 127.0.0.1:1: connect: connection refused',
    'TY_GIT_UNREACHABLE',
  ],
  ['lfs-read', "git: 'lfs' is not a git command. See 'git --help'.", 'TY_GIT_TOOL'],
  ['local', 'Error: spawn git ENOENT', 'TY_GIT_TOOL'],
  ['read', "remote: Repository not found.\nfatal: repository 'https://h/x/' not found", 'TY_GIT_REPO_NOT_FOUND'],
  [
    'read',
    "fatal: '/srv/x' does not appear to be a git repository\nfatal: Could not read from remote repository.",
    'TY_GIT_REPO_NOT_FOUND',
  ],
  ['read', 'fatal: remote error: upload-pack: not our ref aaaa', 'TY_GIT_SOURCE_CHANGED'],
  ['read', "fatal: couldn't find remote ref refs/heads/x", 'TY_GIT_SOURCE_CHANGED'],
  ['read', 'error: object aaaa: hasDotgit: contains .git\nfatal: fsck error in packed object', 'TY_GIT_UNSAFE_TREE'],
  ['local', "error: invalid path 'a/.git/config'", 'TY_GIT_UNSAFE_TREE'],
  ['read', "fatal: unable to access 'https://h/x/': Could not resolve host: h", 'TY_GIT_UNREACHABLE'],
  [
    'read',
    "fatal: unable to access 'https://h/x/': Failed to connect to h port 443: Connection refused",
    'TY_GIT_UNREACHABLE',
  ],
  ['read', 'error: RPC failed; curl 28 Operation too slow. Less than 1 bytes/sec transferred', 'TY_GIT_UNREACHABLE'],
  ['read', "fatal: unable to access 'https://h/x/': The requested URL returned error: 503", 'TY_GIT_UNREACHABLE'],
  ['read', 'fatal: early EOF\nfatal: index-pack failed', 'TY_GIT_UNREACHABLE'],
  ['read', 'something nobody has seen', 'TY_GIT_FAILED'],
];

test.each(CASES)('while doing %s, %j is %s', (action, text, code) => {
  expect(classify(text, action)).toBe(code);
});

test("shows the server's own lines first, and neither progress nor advice", () => {
  const text = [
    'remote: Counting objects: 100% (3/3), done.',
    'To https://h/x',
    'error: failed to push some refs',
    'hint: Updates were rejected',
    'remote: policy 7 says no',
  ].join('\n');
  expect(tellingLines(text)).toEqual(['remote: policy 7 says no', 'error: failed to push some refs']);
});
