import { describe, expect, it } from 'vitest';
import { chooseTarget } from '../../../../client/sdk/connection.ts';
import type { FoundSettings } from '../../../../client/sdk/settings-files.ts';
import { loadSettings } from '../../../../spec/settings.ts';

const DEV = { pid: 1, address: '127.0.0.1:4000', namespace: 'default', taskQueue: 'q', workspace: '/w', ui: null };
const ALONE = { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' };

function found(
  env: Readonly<Record<string, string>>,
  dev: FoundSettings['dev'] = null,
  file: string | null = null,
): FoundSettings {
  return { settings: loadSettings({ env, file, dev }), dev };
}

describe('chooseTarget', () => {
  it('has the usual address where nothing is said', () => {
    expect(chooseTarget({}, found({}), ALONE)).toMatchObject({
      address: '127.0.0.1:7233',
      namespace: 'default',
      taskQueue: 'trainyard',
    });
  });

  it('takes the running dev, and sends it no keys', () => {
    const env = { ...ALONE, TEMPORAL_API_KEY: 'secret-key' };
    const target = chooseTarget({}, found(env, DEV), env);
    expect(target).toEqual({
      address: '127.0.0.1:4000',
      namespace: 'default',
      taskQueue: 'q',
      connection: { tls: false },
    });
  });

  it('goes by the environment before dev, with its keys', () => {
    const env = {
      ...ALONE,
      TEMPORAL_ADDRESS: 'cloud.example:7233',
      TEMPORAL_NAMESPACE: 'ml',
      TEMPORAL_API_KEY: 'secret-key',
    };
    const target = chooseTarget({}, found(env, DEV), env);
    expect(target).toMatchObject({
      address: 'cloud.example:7233',
      namespace: 'ml',
      connection: { apiKey: 'secret-key' },
    });
  });

  it('goes by what the caller says before everything', () => {
    const options = { address: 'a:1', namespace: 'n', taskQueue: 't' };
    expect(chooseTarget(options, found({ TEMPORAL_ADDRESS: 'b:2' }, DEV), ALONE)).toMatchObject(options);
  });

  it('says which configuration of Temporal is broken', () => {
    const env = { TEMPORAL_PROFILE: 'missing', ...ALONE };
    expect(() => chooseTarget({}, found({}), env)).toThrow(expect.objectContaining({ code: 'TY_SETTINGS_INVALID' }));
  });
});
