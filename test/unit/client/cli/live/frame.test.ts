import { describe, expect, it } from 'vitest';
import { renderRun } from '../../../../../client/cli/live/frame.ts';
import { displayWidth } from '../../../../../client/cli/terminal/text.ts';
import { NOW, runView } from '../run-view.ts';

const extra = { loss: [], logTail: [], now: NOW, width: 80, lang: 'en', colour: false } as const;

describe('renderRun', () => {
  it('shows the stages in words, not by colour alone', () => {
    const lines = renderRun(runView(), extra);
    expect(lines[0]).toBe('run-digits-a2b3c4  running  1m 0s');
    expect(lines).toContain('  ✓ resolve   done        5.0s');
    expect(lines).toContain('  ● train     running     40s');
    expect(lines).toContain('  – register  off');
  });

  it('shows the last loss above its curve', () => {
    const loss = [
      [1, 2],
      [2, 1.5],
      [3, 0.25],
    ] as const;
    const lines = renderRun(runView(), { ...extra, loss });
    expect(lines).toContain('  loss 0.25  step 3');
    expect(lines.some((line) => /[\u2801-\u28ff]/.test(line))).toBe(true);
  });

  it('shows the last lines of the log without what a terminal would obey', () => {
    const lines = renderRun(runView(), { ...extra, logTail: ['\u001b[2Jepoch 1', '名称\tx'] });
    expect(lines.slice(-2)).toEqual(['  epoch 1', '  名称  x']);
  });

  it('says which attempt a stage is at', () => {
    const view = runView();
    const stages = view.stages.map((stage) => (stage.name === 'train' ? { ...stage, attempts: 3 } : stage));
    expect(renderRun({ ...view, stages }, extra).join('\n')).toContain('attempt 3');
  });

  it('tells a person how to answer a parked run', () => {
    const view = runView({
      status: 'parked',
      parkedUntil: '2026-01-04T00:00:00.000Z',
      error: { code: 'TY_GIT_AUTH', message: 'the server refused the credential' },
    });
    const text = renderRun(view, { ...extra, width: 200 }).join('\n');
    expect(text).toContain('TY_GIT_AUTH');
    expect(text).toContain('trainyard run retry run-digits-a2b3c4');
  });

  it('says what it waits for when nobody answers', () => {
    expect(renderRun(runView(), { ...extra, trouble: 'no worker answers' }).join('\n')).toContain('no worker answers');
  });

  it('never draws a line wider than the terminal', () => {
    const view = runView({ displayName: '很长的名字'.repeat(30) });
    const lines = renderRun(view, {
      ...extra,
      width: 40,
      colour: true,
      logTail: ['x'.repeat(500)],
      loss: [
        [1, 1],
        [2, 2],
      ],
    });
    expect(Math.max(...lines.map(displayWidth))).toBeLessThan(40);
  });

  it('speaks Chinese', () => {
    expect(renderRun(runView(), { ...extra, lang: 'zh' }).join('\n')).toContain('进行中');
  });
});
