import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../spec/settings.ts';

const retention = (file: string) => loadSettings({ env: {}, dev: null, file }).retention;

describe('retention', () => {
  it('of a context counts before that of the whole file, each part by itself', () => {
    const file = `
retention: { runs: 90d, outputs: 30d }
current: team
contexts: { team: { retention: { runs: null } } }
`;
    expect(retention(file)).toEqual({ runsSeconds: null, outputsSeconds: 30 * 86_400 });
  });

  it('is refused where it is no time', () => {
    expect(() => retention('retention: { runs: soon }')).toThrow(/retention\.runs/);
  });
});
