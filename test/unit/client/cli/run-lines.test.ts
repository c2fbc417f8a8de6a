import { describe, expect, it } from 'vitest';
import { runLines, runResult } from '../../../../client/cli/run-lines.ts';
import { NOW, runView } from './run-view.ts';

const style = { lang: 'en', colour: false, now: NOW } as const;

describe('runLines', () => {
  it('shows a run and its stages with times and attempts', () => {
    expect(runLines(runView(), style)).toEqual([
      'run      run-digits-a2b3c4',
      'name     digits',
      'status   running',
      'created  2026-01-01T00:00:00.000Z',
      'took     1m 0s',
      '',
      '  STAGE     STATUS   TIME   ATTEMPTS',
      '✓ resolve   done     5.0s   1',
      '✓ fetch     done     5.0s   1',
      '● train     running  40s    1',
      '○ package   waiting',
      '○ push      waiting',
      '– register  off',
      '  total              1m 0s',
    ]);
  });

  it('names the failing rank in the command that helps', () => {
    const view = runView({
      status: 'failed',
      error: { code: 'TY_JOB_EXIT_CODE', message: 'rank 1 ended with exit code 3' },
      cause: {
        kind: 'exit-code',
        code: 'TY_JOB_EXIT_CODE',
        budget: 'code',
        message: '',
        step: 'train',
        role: 'worker',
        rank: 1,
        exitCode: 3,
        signal: null,
        lastLines: [],
      },
    });
    const lines = runLines(view, style);
    expect(lines).toContain('error    TY_JOB_EXIT_CODE: rank 1 ended with exit code 3');
    expect(lines).toContain('fix      trainyard run logs run-digits-a2b3c4 --rank 1');
  });

  it('leads with the table in Chinese and keeps the exact words as the reason', () => {
    const error = { code: 'TY_PUSH_PROTECTED', message: 'branch is protected', why: 'remote: no' } as const;
    const lines = runLines(runView({ error }), { ...style, lang: 'zh' }).map((line) => line.replace(/ +/g, ' '));
    expect(lines).toContain('错误 TY_PUSH_PROTECTED: 服务器拒绝了推送');
    expect(lines).toContain('原因 branch is protected: remote: no');
  });

  it('lets no escape sequence of a name or message through', () => {
    const view = runView({
      displayName: '\u001b]0;x\u0007模型',
      error: { code: 'TY_INTERNAL', message: 'a\u001b[2Jb', why: '\u009b1m' },
      output: { url: 'https://x/\u001b[5m', branch: 'b\u001b[0m', commit: null },
    });
    expect(runLines(view, style).join('\n')).not.toMatch(/[\u001b\u009b]/);
  });

  it('gives programs the view itself', () => {
    const view = runView();
    expect(runResult(view, style)).toMatchObject({ data: view, names: ['run-digits-a2b3c4'] });
  });
});
