import { describe, expect, it } from 'vitest';
import { errorJson, errorLines } from '../../../../client/cli/error-text.ts';
import { TrainyardError } from '../../../../domain/errors.ts';

const style = { lang: 'en', colour: false, verbose: false, where: 'trainyard run start' } as const;
const protectedBranch = new TrainyardError('TY_PUSH_PROTECTED', 'push rejected: branch is protected', {
  where: 'run run-a-bbbbbb, stage push',
  why: 'remote: GL-HOOK-ERR\nremote: no',
  fix: 'trainyard run retry run-a-bbbbbb',
});

describe('errorLines', () => {
  it('says what, where, why and what mends it', () => {
    expect(errorLines(protectedBranch, style)).toEqual([
      'error[TY_PUSH_PROTECTED]: push rejected: branch is protected',
      'where: run run-a-bbbbbb, stage push',
      'why: remote: GL-HOOK-ERR\n     remote: no',
      'fix: trainyard run retry run-a-bbbbbb',
    ]);
  });

  it('takes from the table and the command what the error does not say', () => {
    expect(errorLines(new TrainyardError('TY_RUN_NOT_FOUND', 'there is no run x'), style)).toEqual([
      'error[TY_RUN_NOT_FOUND]: there is no run x',
      'where: trainyard run start',
      'why: there is no such run',
      'fix: trainyard run list',
    ]);
  });

  it('leads with the table in Chinese and keeps the exact words as the reason', () => {
    expect(errorLines(protectedBranch, { ...style, lang: 'zh' }).slice(0, 3)).toEqual([
      'error[TY_PUSH_PROTECTED]: 服务器拒绝了推送',
      '位置: run run-a-bbbbbb, stage push',
      '原因: push rejected: branch is protected: remote: GL-HOOK-ERR\n      remote: no',
    ]);
  });

  it('lists every finding about a spec with the name that was meant', () => {
    const error = new TrainyardError('TY_SPEC_UNKNOWN_KEY', 'the spec has 1 fault', {
      issues: [
        { path: 'compute.replcas', code: 'TY_SPEC_UNKNOWN_KEY', message: 'is not a field', suggestion: 'replicas' },
      ],
    });
    expect(errorLines(error, style)).toContain('  compute.replcas is not a field; did you mean replicas?');
  });

  it('says the findings in Chinese where they are known in Chinese', () => {
    const code = 'TY_SPEC_UNKNOWN_KEY';
    const error = new TrainyardError(code, 'the spec has 2 faults', {
      issues: [
        { path: 'compute.replcas', code, message: 'is not a field', zh: '不是已知字段', suggestion: 'replicas' },
        { path: 'x', code, message: 'is odd' },
      ],
    });
    expect(errorLines(error, { ...style, lang: 'zh' })).toEqual([
      'error[TY_SPEC_UNKNOWN_KEY]: 规格中有不存在的字段',
      '位置: trainyard run start',
      '原因:',
      '  compute.replcas 不是已知字段；是否想输入 replicas？',
      '  x is odd',
      expect.stringContaining('解决: '),
    ]);
    expect(errorLines(error, style)).toContain('  compute.replcas is not a field; did you mean replicas?');
  });

  it('gives an unknown failure a code, and its stack only when asked', () => {
    const error = new Error('boom');
    expect(errorLines(error, style)[0]).toBe('error[TY_INTERNAL]: boom');
    expect(errorLines(error, style).join('\n')).not.toContain('error-text.test');
    expect(errorLines(error, { ...style, verbose: true }).join('\n')).toContain('error-text.test');
  });

  it('lets no escape sequence of a server reach the terminal', () => {
    const error = new TrainyardError('TY_GIT_FAILED', 'git said \u001b[2J\u001b]0;x\u0007no', { why: '\u001b[31mred' });
    expect(errorLines(error, style).join('\n')).not.toContain('\u001b');
  });
});

describe('errorJson', () => {
  it('gives programs the same, with where to read on and whether trying again helps', () => {
    expect(JSON.parse(errorJson(protectedBranch, 'zh'))).toEqual({
      code: 'TY_PUSH_PROTECTED',
      message: 'push rejected: branch is protected',
      where: 'run run-a-bbbbbb, stage push',
      why: 'remote: GL-HOOK-ERR\nremote: no',
      hint: 'trainyard run retry run-a-bbbbbb',
      docs: 'docs/reference/errors.md#ty_push_protected',
      retryable: false,
    });
    expect(JSON.parse(errorJson(new TrainyardError('TY_TEMPORAL_UNREACHABLE', 'x'), 'en'))).toMatchObject({
      retryable: true,
      where: null,
    });
  });
});
