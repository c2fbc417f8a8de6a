import { describe, expect, it } from 'vitest';
import { missedRendezvous, quietStart, unreachedBy } from '../../../domain/rendezvous.ts';

describe('the address that a rank could not reach', () => {
  it.each([
    [
      '[W socket.cpp:601] [c10d] The client socket has failed to connect to [job-0.job]:29500 (errno: 111 - Connection refused).',
      'job-0.job:29500',
    ],
    [
      '[E socket.cpp:858] [c10d] The client socket has timed out after 60000ms while trying to connect to (job-0.job, 29500).',
      'job-0.job:29500',
    ],
    [
      '[W socket.cpp:663] [c10d] The IPv6 network addresses of (job-0.job, 29500) cannot be retrieved (gai error: -2 - Name or service not known).',
      'job-0.job:29500',
    ],
    ['NCCL WARN socketStartConnect: connect to 10.0.0.7<43211> failed : Connection refused', '10.0.0.7:43211'],
    [
      'RuntimeError: Gloo connectFullMesh failed: timed out connecting: SO_ERROR: Connection refused, remote=[10.0.0.7]:4711',
      '10.0.0.7:4711',
    ],
    ['could not connect to ps-0.job:2222: timed out', 'ps-0.job:2222'],
  ])('in %j is %s', (line, address) => {
    expect(unreachedBy(['epoch 0', line, 'Traceback (most recent call last):'])).toBe(address);
  });

  it.each(['epoch 3 loss 0.25', 'downloaded from https://mirror:8443/x', 'accuracy 10/20 connected components', ''])(
    'is not in %j',
    (line) => {
      expect(unreachedBy([line])).toBeNull();
    },
  );
});

describe('ranks that do not meet', () => {
  const refused = 'The client socket has failed to connect to [job-0.job]:29500 (errno: 111 - Connection refused).';

  it('are named by the one that says whom it cannot reach', () => {
    const lines = { 'worker-0': ['loading'], 'worker-1': ['loading', refused] };
    expect(missedRendezvous(lines)).toBe('worker rank 1 cannot reach job-0.job:29500');
  });

  it('are named by the one to whom nobody comes', () => {
    const lines = {
      'worker-0': ['Timed out after 301 seconds waiting for clients. 1/2 clients joined.'],
      'worker-1': [],
    };
    expect(missedRendezvous(lines)).toBe('1 of 2 ranks have come to worker rank 0');
  });

  it('have met when they wrote something else since', () => {
    const lines = { 'worker-0': [refused, 'epoch 1', 'epoch 2', 'epoch 3'], 'worker-1': [] };
    expect(missedRendezvous(lines)).toBeNull();
  });

  it('are not claimed for ranks that say nothing', () => {
    expect(missedRendezvous({ 'worker-0': [], 'worker-1': [] })).toBeNull();
  });
});

describe('ranks that all run and say nothing', () => {
  const MINUTE = 60_000;
  const quiet = { runningSince: 0, wrote: 0, now: 11 * MINUTE, address: 'job-0.job:29500' };

  it('may wait for each other, and it is said where they meet', () => {
    expect(quietStart(quiet)).toBe(
      'every rank runs, and none has written anything for 10 min since it began; ' +
        'if they wait for each other, look whether each of them can reach job-0.job:29500',
    );
    expect(quietStart({ ...quiet, address: null })).toContain('can reach rank 0');
  });

  it('are told of in the same words however long it lasts', () => {
    expect(quietStart({ ...quiet, now: 50 * MINUTE })).toBe(quietStart(quiet));
  });

  it('are those that said a word as they began, too', () => {
    expect(quietStart({ ...quiet, wrote: 20_000 })).not.toBeNull();
  });

  it.each([
    ['began a moment ago', { now: 9 * MINUTE }],
    ['have written since', { wrote: MINUTE }],
    ['write now', { wrote: 11 * MINUTE }],
  ])('are not those that %s', (_who, over) => {
    expect(quietStart({ ...quiet, ...over })).toBeNull();
  });
});
