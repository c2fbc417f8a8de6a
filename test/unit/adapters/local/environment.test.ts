import { describe, expect, it } from 'vitest';
import { siteEnvironment } from '../../../../adapters/local/environment.ts';

describe("the environment of a site's processes", () => {
  it("keeps home, language and temporary folder, and takes the site's PATH", () => {
    const source = { HOME: '/home/ada', LANG: 'zh_CN.UTF-8', LC_ALL: 'C', TMPDIR: '/var/tmp', PATH: '/worker/bin' };
    expect(siteEnvironment(source, '/site/bin')).toEqual({
      HOME: '/home/ada',
      LANG: 'zh_CN.UTF-8',
      LC_ALL: 'C',
      TMPDIR: '/var/tmp',
      PATH: '/site/bin',
    });
  });

  it.each([
    'TRAINYARD_CREDENTIAL_GIT',
    'TEMPORAL_API_KEY',
    'TEMPORAL_TLS_KEY',
    'FORGE_TOKEN',
    'NODE_OPTIONS',
    'LD_PRELOAD',
    'PYTHONPATH',
    'TRAINYARD_JOB',
  ])('drops %s', (name) => {
    expect(siteEnvironment({ [name]: 'value' }, '/bin')).toEqual({ PATH: '/bin' });
  });
});
