import { describe, expect, it } from 'vitest';
import { TrainyardError } from '../../../domain/errors.ts';
import { loadSettings } from '../../../spec/settings.ts';
import type { Settings } from '../../../spec/settings.ts';

function load(channels: string): Settings['notifications'] {
  return loadSettings({ env: {}, file: `notifications: { ${channels} }`, dev: null }).notifications;
}

function faults(channels: string): readonly (readonly [path: string, message: string])[] {
  try {
    load(channels);
  } catch (error) {
    if (!(error instanceof TrainyardError)) throw error;
    for (const { zh } of error.details.issues ?? []) expect(zh).toMatch(/^[^a-z]*\p{Script=Han}/u);
    return (error.details.issues ?? []).map(({ path, message }) => [path, message] as const);
  }
  throw new Error('was accepted');
}

describe('channels of the settings', () => {
  it('need a kind and a credential; the rest has a default', () => {
    expect(load('team: { kind: slack, credential: slack-team }')).toEqual({
      team: {
        name: 'team',
        kind: 'slack',
        credential: 'slack-team',
        signing: null,
        plainHttp: false,
        language: 'en',
        minSpacingSeconds: 0,
        filter: {
          events: ['started', 'gate-waiting', 'gate-reminder', 'gate-decided', 'parked', 'ended'],
          projects: null,
          templates: null,
          branches: null,
          onlyFailures: false,
          onlyChanges: false,
        },
      },
    });
  });

  it('keep what is written, and the port that belongs to the kind of TLS', () => {
    const mail = 'kind: email, from: "ML <a@b.example>", to: [c@d.example], minSpacing: 1m, branches: [a*, b]';
    expect(load(`mail: { ${mail}, smtp: { host: h.example } }`)['mail']).toMatchObject({
      smtp: { host: 'h.example', port: 587, tls: 'starttls' },
      credential: null,
      minSpacingSeconds: 60,
      filter: { branches: ['a*', 'b'] },
    });
    expect(load(`mail: { ${mail}, smtp: { host: h.example, tls: implicit } }`)['mail']).toMatchObject({
      smtp: { port: 465 },
    });
    expect(load('duty: { kind: dingtalk, credential: a, signing: b }')['duty']).toMatchObject({ signing: 'b' });
  });

  it('of a context replace those of the same name', () => {
    const file = `
notifications: { a: { kind: slack, credential: one }, b: { kind: slack, credential: two } }
contexts: { team: { notifications: { b: { kind: feishu, credential: three } } } }`;
    const { notifications } = loadSettings({ env: {}, file, dev: null, context: 'team' });
    expect(Object.values(notifications).map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 'slack'],
      ['b', 'feishu'],
    ]);
  });

  it.each([
    ['an unknown kind', 'x: { kind: slak, credential: a }', 'notifications.x.kind', 'must be one of'],
    ['an unknown field', 'x: { kind: slack, credential: a, evnts: [] }', 'notifications.x.evnts', 'is not a field'],
    [
      'an unknown event',
      'x: { kind: slack, credential: a, events: [over] }',
      'notifications.x.events.0',
      'must be one',
    ],
    [
      'an address in place of a name',
      'x: { kind: slack, credential: "https://h/T" }',
      'notifications.x.credential',
      'not a secret',
    ],
    [
      'a signature for Slack',
      'x: { kind: slack, credential: a, signing: b }',
      'notifications.x.signing',
      'is not a field',
    ],
    [
      'http to another machine',
      'x: { kind: webhook, url: "http://h/x", credential: a }',
      'notifications.x.url',
      'must be https',
    ],
    [
      'a password in an address',
      'x: { kind: webhook, url: "https://u:p@h/x", credential: a }',
      'notifications.x.url',
      'without a user',
    ],
    [
      'a name with capitals',
      'X_1: { kind: slack, credential: a }',
      'notifications.X_1',
      'must be the name of a channel',
    ],
    [
      'a header in an address',
      'x: { kind: email, smtp: { host: h }, from: "a@b", to: ["c@d\\r\\nBcc: e@f"] }',
      'notifications.x.to.0',
      'must be a mail address',
    ],
    [
      'a password in the clear',
      'x: { kind: email, smtp: { host: h, tls: none }, credential: a, from: a@b, to: [c@d] }',
      'notifications.x.smtp.tls',
      'must not be none',
    ],
  ])('with %s are refused at that field', (_claim, channels, path, message) => {
    expect(faults(channels)).toContainEqual([path, expect.stringContaining(message) as string]);
  });

  it('on this machine, or where the settings say so, may be plain http', () => {
    expect(load('x: { kind: webhook, url: "http://127.0.0.1:9/x", credential: a }')['x']).toBeDefined();
    expect(load('x: { kind: webhook, url: "http://h/x", credential: a, plainHttp: true }')['x']).toBeDefined();
  });
});
