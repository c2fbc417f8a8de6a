import { describe, expect, it } from 'vitest';
import { TrainyardError } from '../../../domain/errors.ts';
import { parseDevState } from '../../../spec/dev-state.ts';
import { loadSettings } from '../../../spec/settings.ts';

const dev = { pid: 1, address: '127.0.0.1:7', namespace: 'n', taskQueue: 'q', workspace: '/dev/ws', ui: null };
const none = { env: {}, file: null, dev: null };

function faults(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof TrainyardError)
      return [error.code, ...(error.details.issues ?? []).map((issue) => issue.path)];
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('are complete without a file', () => {
    expect(loadSettings(none)).toEqual({
      context: null,
      temporal: { address: null, namespace: null },
      workspace: '.trainyard/workspace',
      taskQueue: 'trainyard',
      git: { allow: [], insecureTls: [], lowSpeed: { bytesPerSecond: 1000, seconds: 60 } },
      minFree: 512 * 2 ** 20,
      author: 'Trainyard <trainyard@localhost>',
      python: null,
      sites: {},
      identities: {},
      notifications: {},
      projects: {},
      retention: { runsSeconds: null, outputsSeconds: null },
    });
  });

  it('go environment, running dev, context, top of the file, default', () => {
    const file =
      'current: lab\nworkspace: /top\nauthor: T <t@t>\nminFree: 1Gi\ncontexts: { lab: { workspace: /lab, taskQueue: lab } }';
    expect(loadSettings({ ...none, file })).toMatchObject({
      workspace: '/lab',
      taskQueue: 'lab',
      author: 'T <t@t>',
      minFree: 2 ** 30,
    });
    expect(loadSettings({ ...none, file, dev })).toMatchObject({
      workspace: '/dev/ws',
      taskQueue: 'q',
      temporal: { address: '127.0.0.1:7' },
    });
    const env = {
      TRAINYARD_WORKSPACE: '/env',
      TRAINYARD_GIT_ALLOW: 'localhost:3000, /srv/git',
      TEMPORAL_ADDRESS: 'h:1',
    };
    expect(loadSettings({ env, file, dev })).toMatchObject({
      workspace: '/env',
      temporal: { address: 'h:1', namespace: 'n' },
      git: { allow: ['localhost:3000', '/srv/git'] },
    });
  });

  it('take the context that the command line names before the one of the file', () => {
    const file = 'current: a\ncontexts: { a: { taskQueue: qa }, b: { taskQueue: qb } }';
    expect(loadSettings({ ...none, file, context: 'b' })).toMatchObject({ context: 'b', taskQueue: 'qb' });
  });

  it('take relative folders from the given directory', () => {
    expect(loadSettings({ ...none, directory: '/home/me' }).workspace).toBe('/home/me/.trainyard/workspace');
    expect(loadSettings({ ...none, directory: '/home/me', dev }).workspace).toBe('/dev/ws');
  });

  it('read an empty variable as not set', () => {
    expect(loadSettings({ ...none, env: { TRAINYARD_MIN_FREE: '', TRAINYARD_TASK_QUEUE: '' } }).taskQueue).toBe(
      'trainyard',
    );
  });

  it.each([
    ['an unknown field', 'gti: {}', ['TY_SETTINGS_INVALID', 'gti']],
    ['two faults at once', 'minFree: lots\nauthor: me', ['TY_SETTINGS_INVALID', 'minFree', 'author']],
    ['a fault in a context', 'contexts: { a: { git: { allow: x } } }', ['TY_SETTINGS_INVALID', 'contexts.a.git.allow']],
    ['a context that is not there', 'current: b', ['TY_SETTINGS_INVALID']],
    ['a file that is no YAML', 'a: [', ['TY_SETTINGS_INVALID']],
    ['an author that could forge a header', 'author: "a <b@c>\\nDate: x"', ['TY_SETTINGS_INVALID', 'author']],
  ])('name %s', (_claim, file, expected) => {
    expect(faults(() => loadSettings({ ...none, file }))).toEqual(expected);
  });

  it('name a fault of the environment', () => {
    expect(faults(() => loadSettings({ ...none, env: { TRAINYARD_MIN_FREE: 'x' } }))).toEqual([
      'TY_SETTINGS_INVALID',
      'minFree',
    ]);
  });
});

describe('what a running dev left', () => {
  it('is read back', () => {
    expect(parseDevState(JSON.stringify(dev))).toEqual(dev);
  });

  it.each(['', '{', '{}', '[]', '{"pid":"1"}'])('counts as none when it is damaged: %s', (text) => {
    expect(parseDevState(text)).toBeNull();
  });
});
