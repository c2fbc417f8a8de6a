import { describe, expect, it } from 'vitest';
import { expandBranch, unknownPlaceholders } from '../../../spec/branch.ts';
import { parseDuration } from '../../../spec/fields/duration.ts';
import { parseBytes, parseCores } from '../../../spec/fields/quantity.ts';

describe('durations', () => {
  it.each([
    ['90s', 90],
    ['30m', 1800],
    ['72h', 259_200],
    ['1h30m', 5400],
    ['1.5h', 5400],
    ['30d', 2_592_000],
    ['0s', 0],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', '72', 'h', '-1h', '1 h', '1w', '1e9h', '99999999d', '1h ', '१h'])('refuses "%s"', (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe('quantities', () => {
  it.each([
    ['512Mi', 512 * 2 ** 20],
    ['2Gi', 2 ** 31],
    ['10G', 1e10],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['4096', 4096],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['2Gb', '2g', '-1Gi', '', 'Gi', '1e3', '99999999999Ti'])('refuses "%s" as bytes', (text) => {
    expect(parseBytes(text)).toBeNull();
  });

  it('reads cores and thousandths of them', () => {
    expect([parseCores('500m'), parseCores('2.5'), parseCores('1'), parseCores('1c')]).toEqual([0.5, 2.5, 1, null]);
  });
});

describe('the output branch', () => {
  const values = { name: 'digits', runId: 'run-digits-1', startedAt: '2026-11-22T09:08:07.654Z' };

  it('is filled in with the time in UTC', () => {
    expect(expandBranch('{name}-{timestamp}', values)).toBe('digits-20261122-090807');
    expect(expandBranch('x/{run}', { ...values, startedAt: '2026-11-22T09:08:07+08:00' })).toBe('x/run-digits-1');
    expect(expandBranch('{timestamp}', { ...values, startedAt: '2026-11-22T01:08:07+08:00' })).toBe('20261121-170807');
  });

  it('keeps what it does not know, and says so', () => {
    expect(expandBranch('{date}', values)).toBe('{date}');
    expect(unknownPlaceholders('{name}-{date}-{}')).toEqual(['date', '']);
  });
});
