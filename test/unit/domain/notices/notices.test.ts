import { describe, expect, it } from 'vitest';
import type { Notice } from '../../../../domain/notice.ts';
import { afterAttempt, backoffMs, firstDelivery, PATIENCE } from '../../../../domain/notices/delivery.ts';
import { type NoticeFilter, wants } from '../../../../domain/notices/filter.ts';
import {
  endedNotice,
  gateDecidedNotice,
  gateReminderNotices,
  gateWaitingNotice,
  parkedNotice,
  startedNotice,
} from '../../../../domain/notices/make.ts';
import { isOvertaken } from '../../../../domain/notices/overtaken.ts';
import { noticeText } from '../../../../domain/notices/text.ts';
import { endedView, namedRun, waitingGate } from '../../../support/notice-world.ts';

const AT = '2026-01-02T03:04:05.000Z';
const ERROR = { code: 'TY_PUSH_PROTECTED', message: 'push rejected', why: 'pre-receive hook declined' } as const;

describe('notices', () => {
  it('have ids that say what happened, the same however often they are made', () => {
    const gate = waitingGate();
    const decided = { ...gate, state: 'approved', by: 'people', decidedAt: '2026-01-02T05:00:00.000Z' } as const;
    const made = (): readonly string[] =>
      [
        startedNotice(namedRun(), AT),
        endedNotice(namedRun(), endedView()),
        parkedNotice(namedRun(), { stage: 'push', error: ERROR, at: AT, until: null }),
        gateWaitingNotice(namedRun(), gate),
        gateDecidedNotice(namedRun(), decided),
      ].map(({ id }) => id);
    expect(made()).toEqual([
      'run-digits-abc234.started',
      'run-digits-abc234.ended',
      'run-digits-abc234.parked.push.20260102T030405000Z',
      'run-digits-abc234.gate-waiting.push.dddddddddddd',
      'run-digits-abc234.gate-decided.push.dddddddddddd',
    ]);
    expect(made()).toEqual(made());
  });

  it('remind of a gate once a span until its deadline, and never at it', () => {
    const reminders = gateReminderNotices(namedRun(), waitingGate(), 8 * 3600);
    expect(reminders.map(({ notBefore }) => notBefore)).toEqual([
      '2026-01-02T11:30:00.000Z',
      '2026-01-02T19:30:00.000Z',
    ]);
    expect(new Set(reminders.map(({ id }) => id)).size).toBe(2);
    expect(gateReminderNotices(namedRun(), waitingGate({ until: null }), 3600)).toHaveLength(30);
  });
});

describe('a notice about a gate', () => {
  const waiting = gateWaitingNotice(namedRun(), waitingGate());
  const reminder = gateReminderNotices(namedRun(), waitingGate(), 3600)[0] as Notice;
  const decidedView = waitingGate({ state: 'rejected', by: 'deadline', decidedAt: '2026-01-03T03:30:00.000Z' });
  const decided = gateDecidedNotice(namedRun(), decidedView);

  it('is overtaken by the decision, by newer evidence and by the end of the run', () => {
    const newer = waitingGate({ openedAt: '2026-01-02T06:00:00.000Z' });
    const offer = { ...newer.offer, digest: 'e'.repeat(64) } as NonNullable<typeof newer.offer>;
    const others = [decided, gateWaitingNotice(namedRun(), { ...newer, offer }), endedNotice(namedRun(), endedView())];
    for (const other of others) {
      expect(isOvertaken(waiting, [waiting, other]), other.id).toBe(true);
      expect(isOvertaken(reminder, [waiting, other]), other.id).toBe(true);
    }
  });

  it('is not overtaken by itself, by another gate, or by an earlier decision', () => {
    const earlier = { ...decided, at: '2026-01-02T03:00:00.000Z' };
    const elsewhere = { ...decided, stage: 'register' } as const;
    expect(isOvertaken(waiting, [waiting, reminder, earlier, elsewhere])).toBe(false);
    expect(isOvertaken(decided, [endedNotice(namedRun(), endedView())])).toBe(false);
  });

  it('says how to decide, with what the metric said', () => {
    const text = noticeText(reminder, 'en', null);
    expect(text.title).toBe('digits still waits for a decision before push');
    expect(text.next).toEqual([
      'trainyard gate show run-digits-abc234 push',
      'trainyard gate approve run-digits-abc234 push',
      'trainyard gate reject run-digits-abc234 push -m WHY',
    ]);
    expect(text.facts).toContainEqual({ name: 'check', value: 'mAP50 >= 0.7: does not hold' });
    expect(text.facts).toContainEqual({ name: 'metrics', value: 'mAP50 0.612346' });
    expect(text.facts).toContainEqual({ name: 'approvers', value: 'ann, bob' });
    expect(noticeText(decided, 'en', null).title).toBe('digits: push was rejected: its deadline has passed');
    expect(noticeText(decided, 'zh', null).title).toBe('digits：push 已拒绝（已到期限）');
  });
});

describe('the text of a notice', () => {
  const failed = endedNotice(namedRun(), endedView({ status: 'failed', stage: 'push', error: ERROR }));

  it('says what, why and what to do, in both languages', () => {
    const en = noticeText(failed, 'en', 'http://ui/run');
    expect(en.title).toBe('digits failed in push');
    expect(en.facts).toContainEqual({ name: 'why', value: 'push rejected: pre-receive hook declined' });
    expect(en.next).toEqual(['trainyard run get run-digits-abc234', 'trainyard run logs run-digits-abc234']);
    expect(en.link).toBe('http://ui/run');
    const zh = noticeText(failed, 'zh', null);
    expect(zh.title).toBe('digits 失败，阶段 push');
    expect(zh.facts.find(({ name }) => name === '原因')?.value).toMatch(/\p{Script=Han}.*push rejected/u);
  });

  it('is one line a part, without what a terminal or a mail header would obey', () => {
    const hostile = 'a\r\nBcc: x@y\u0000\u001b[31mred\u202Eevil\u2028z';
    const run = namedRun({ displayName: hostile, output: { branch: hostile } });
    const text = noticeText(endedNotice(run, endedView({ error: { ...ERROR, why: 'x\n'.repeat(2000) } })), 'en', null);
    expect(text.title).toBe('a Bcc: x@y redevil z succeeded');
    for (const { value } of text.facts) {
      expect(value).not.toMatch(/[\p{Cc}\u2028\u202E]/u);
      expect(value.length).toBeLessThanOrEqual(600);
    }
  });

  it('offers to skip only a stage that can be skipped', () => {
    const at = (stage: 'train' | 'push') => parkedNotice(namedRun(), { stage, error: ERROR, at: AT, until: AT });
    expect(noticeText(at('push'), 'en', null).next).toContain('trainyard run skip run-digits-abc234');
    expect(noticeText(at('train'), 'en', null).next).toEqual([
      'trainyard run retry run-digits-abc234',
      'trainyard run abort run-digits-abc234',
    ]);
    expect(noticeText(at('train'), 'en', null).facts).toContainEqual({ name: 'until', value: AT });
  });
});

describe('a filter', () => {
  const all: NoticeFilter = {
    events: ['started', 'ended'],
    projects: null,
    templates: null,
    branches: null,
    onlyFailures: false,
    onlyChanges: false,
  };
  const ended = (status: 'succeeded' | 'failed'): Notice => endedNotice(namedRun(), endedView({ status }));

  it('passes the events that are named and no other', () => {
    expect(wants(all, startedNotice(namedRun(), AT), null)).toBe(true);
    expect(wants({ ...all, events: ['ended'] }, startedNotice(namedRun(), AT), null)).toBe(false);
  });

  it.each([
    ['sft-*', true],
    ['*', true],
    ['*-1', true],
    ['s*t*1', true],
    ['sft-1', true],
    ['sft', false],
    ['sft-1*1', false],
    ['*sft-2', false],
  ])('with branches %s says %s of sft-1', (branch, wanted) => {
    expect(wants({ ...all, branches: [branch] }, ended('succeeded'), null)).toBe(wanted);
  });

  it('takes no exponential time over hostile patterns', () => {
    const notice = endedNotice(namedRun({ output: { branch: 'a'.repeat(200) } }), endedView());
    expect(wants({ ...all, branches: [`${'*a'.repeat(90)}b`] }, notice, null)).toBe(false);
  });

  it('wants no run without an output where a branch is asked for, nor another project', () => {
    expect(wants({ ...all, branches: ['*'] }, endedNotice(namedRun({ output: null }), endedView()), null)).toBe(false);
    expect(wants({ ...all, projects: ['speech'] }, ended('failed'), null)).toBe(false);
    expect(wants({ ...all, templates: ['nightly'] }, ended('failed'), null)).toBe(false);
  });

  it('of failures only, or of changes only, still tells that a run has started', () => {
    const picky = { ...all, onlyFailures: true, onlyChanges: true };
    expect(wants(picky, startedNotice(namedRun(), AT), 'failed')).toBe(true);
    expect(wants(picky, ended('succeeded'), 'failed')).toBe(false);
    expect(wants(picky, ended('failed'), 'failed')).toBe(false);
    expect(wants(picky, ended('failed'), 'succeeded')).toBe(true);
    expect(wants({ ...all, onlyChanges: true }, ended('succeeded'), null)).toBe(true);
  });
});

describe('a delivery', () => {
  const due = firstDelivery('team', 'slack', AT);
  const no = { ok: false, answer: '503', again: true, waitMs: null } as const;

  it('is tried again later and later, and given up when its time is over', () => {
    const start = Date.parse(AT);
    const second = afterAttempt(due, no, start + 1000, PATIENCE, 1);
    expect(second).toMatchObject({ state: 'due', attempts: 1, answer: '503' });
    expect(Date.parse(second.nextAt)).toBe(start + 1000 + PATIENCE.firstMs);
    expect(afterAttempt(second, no, start + PATIENCE.giveUpMs, PATIENCE, 1).state).toBe('gave-up');
  });

  it('that will never be taken is given up at once', () => {
    expect(afterAttempt(due, { ...no, again: false }, Date.parse(AT), PATIENCE, 0).state).toBe('gave-up');
  });

  it('waits between half of a growing span and all of it, and as long as it is asked to', () => {
    expect([1, 2, 3, 60].map((failures) => backoffMs(failures, PATIENCE, 1))).toEqual([2000, 4000, 8000, 900_000]);
    expect(backoffMs(3, PATIENCE, 0)).toBe(4000);
    expect(backoffMs(1, PATIENCE, 0, 60_000)).toBe(60_000);
    expect(backoffMs(1, PATIENCE, 0, 1e12)).toBe(3_600_000);
  });
});
