import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newIdentity, signStatement } from '../../../../client/sdk/identity.ts';
import { fromBase64 } from '../../../../domain/gates/base64.ts';
import type { GateStatement } from '../../../../domain/gates/gate.ts';
import {
  isPublicKey,
  requesterBytes,
  requesterHolds,
  signatureHolds,
  statementBytes,
} from '../../../../domain/gates/statement.ts';
import { forCases } from '../../../support/random.ts';

const alice = newIdentity('alice');
const bob = newIdentity('bob');
const SAID = {
  run: 'run-digits-a2b3c4',
  gate: 'push',
  digest: 'ab'.repeat(32),
  actor: 'alice',
  decision: 'approve',
  comment: '看起来不错\nok',
} as const;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('statementBytes', () => {
  it('are one domain, then each field with its length in bytes', () => {
    expect(text(statementBytes(SAID)).split('\n')).toEqual([
      'trainyard gate statement 1',
      'run 17',
      'run-digits-a2b3c4',
      'gate 4',
      'push',
      'digest 64',
      'ab'.repeat(32),
      'actor 5',
      'alice',
      'decision 7',
      'approve',
      'comment 18',
      '看起来不错',
      'ok',
      '',
    ]);
  });

  it('tell a missing comment from an empty one and from the word', () => {
    const [missing, empty, word] = [null, '', 'null'].map((comment) => text(statementBytes({ ...SAID, comment })));
    expect(missing).toMatch(/\ncomment null\n$/);
    expect(new Set([missing, empty, word]).size).toBe(3);
  });

  it('are different for different statements, whatever a field holds', () => {
    const seen = new Map<string, string>();
    forCases(700, (random) => {
      const piece = (): string =>
        Array.from({ length: random.below(4) }, () =>
          random.pick(['\n', 'actor 5', '1', ' ', 'é', 'comment null']),
        ).join('');
      const fields = { ...SAID, run: piece(), actor: piece(), comment: random.once(4) ? null : piece() };
      const [key, bytes] = [JSON.stringify(fields), text(statementBytes(fields))];
      expect(seen.get(bytes) ?? key).toBe(key);
      seen.set(bytes, key);
    });
  });

  it('are never those of a request to start', () => {
    expect(text(requesterBytes({ run: 'r', actor: 'a', specDigest: 'd' }))).toMatch(/^trainyard start request 1\n/);
  });
});

describe('signatureHolds', () => {
  const signed = signStatement(alice, SAID);
  const keys = [alice.publicKey];

  it('holds for a signature by one of the keys', () => {
    expect(signatureHolds(signed, keys)).toBe(true);
    expect(signatureHolds(signed, [bob.publicKey, alice.publicKey])).toBe(true);
  });

  it.each([
    ['run', 'run-digits-zzzzzz'],
    ['gate', 'register'],
    ['digest', 'cd'.repeat(32)],
    ['actor', 'bob'],
    ['decision', 'reject'],
    ['comment', null],
  ] as const)('does not hold once %s is another', (field, value) => {
    const changed: GateStatement = { ...signed, [field]: value };
    expect(signatureHolds(changed, keys)).toBe(false);
  });

  it('does not hold unsigned, without keys, or by the key of somebody else', () => {
    expect(signatureHolds({ ...signed, signature: null }, keys)).toBe(false);
    expect(signatureHolds(signed, [])).toBe(false);
    expect(signatureHolds(signStatement(bob, SAID), keys)).toBe(false);
  });

  it('does not hold with one bit of the signature turned, nor written in another way', () => {
    const bytes = Buffer.from(signed.signature ?? '', 'base64');
    for (const bit of [0, 255, 256, 511]) {
      const other = Buffer.from(bytes);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(signatureHolds({ ...signed, signature: other.toString('base64') }, keys)).toBe(false);
    }
    for (const signature of ['', 'x', bytes.toString('hex'), bytes.toString('base64url'), ` ${signed.signature}`]) {
      expect(signatureHolds({ ...signed, signature }, keys)).toBe(false);
    }
  });

  it('does not take S + L for S: a signature has one form', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const bytes = Buffer.from(signed.signature ?? '', 'base64');
    const s = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + order;
    const larger = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
    const signature = Buffer.concat([bytes.subarray(0, 32), larger]).toString('base64');
    expect(signatureHolds({ ...signed, signature }, keys)).toBe(false);
  });

  it('does not hold for a key of small order, for which one signature fits every message', () => {
    const one = Buffer.alloc(32).fill(1, 0, 1);
    const signature = Buffer.concat([one, Buffer.alloc(32)]).toString('base64');
    const key = one.toString('base64');
    expect(isPublicKey(key)).toBe(false);
    expect(signatureHolds({ ...SAID, signature }, [key])).toBe(false);
  });

  it('agrees with the verifier of Node', () => {
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(alice.publicKey, 'base64')]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    expect(verify(null, statementBytes(SAID), key, Buffer.from(signed.signature ?? '', 'base64'))).toBe(true);
  });
});

describe('requesterHolds', () => {
  it('holds for nothing but what was signed', () => {
    const request = { run: 'r', actor: 'alice', specDigest: 'd' };
    expect(requesterHolds(request, signStatement(alice, SAID).signature ?? '', [alice.publicKey])).toBe(false);
  });
});

describe('fromBase64', () => {
  it('reads what Node writes, and nothing else', () => {
    forCases(500, (random) => {
      const bytes = Buffer.from(Array.from({ length: 1 + random.below(70) }, () => random.below(256)));
      const written = bytes.toString('base64');
      expect(fromBase64(written, bytes.length)).toEqual(new Uint8Array(bytes));
      expect(fromBase64(written, bytes.length + 1)).toBeNull();
      expect(fromBase64(`${written.slice(0, -1)}*`, bytes.length)).toBeNull();
    });
    // The last letter carries two bits too many.
    expect([fromBase64('AA==', 1), fromBase64('AB==', 1)]).toEqual([new Uint8Array(1), null]);
  });
});
