import type { Decision, GatedStage } from '../gates/gate.ts';
import type { Stage } from '../stage.ts';
import type { NoticeLanguage } from './channel.ts';

type By = 'metric' | 'people' | 'deadline';

/** What notices say, in one language. `name` is what the run is called. */
export interface NoticeWords {
  readonly started: (name: string) => string;
  readonly gateWaiting: (name: string, gate: GatedStage) => string;
  readonly gateReminder: (name: string, gate: GatedStage) => string;
  readonly gateDecided: (name: string, gate: string, decision: Decision | null, by: By | null) => string;
  readonly parked: (name: string, stage: Stage | null) => string;
  readonly succeeded: (name: string) => string;
  readonly failed: (name: string, stage: Stage | null) => string;
  readonly cancelled: (name: string) => string;
  readonly test: (channel: string) => string;
  readonly vote: (actor: string, decision: Decision, verified: boolean) => string;
  readonly check: (holds: boolean, text: string) => string;
  readonly facts: {
    readonly run: string;
    readonly project: string;
    readonly template: string;
    readonly branch: string;
    readonly metrics: string;
    readonly check: string;
    readonly approvers: string;
    readonly votes: string;
    readonly until: string;
    readonly why: string;
    readonly fix: string;
    readonly code: string;
  };
  readonly next: string;
  readonly page: string;
}

const EN: NoticeWords = {
  started: (name) => `${name} has started`,
  gateWaiting: (name, gate) => `${name} waits for a decision before ${gate}`,
  gateReminder: (name, gate) => `${name} still waits for a decision before ${gate}`,
  gateDecided: (name, gate, decision, by) => `${name}: ${gate} was ${decided(decision)}${by === null ? '' : BY_EN[by]}`,
  parked: (name, stage) => `${name} waits for somebody who mends it${stage === null ? '' : `, in ${stage}`}`,
  succeeded: (name) => `${name} succeeded`,
  failed: (name, stage) => `${name} failed${stage === null ? '' : ` in ${stage}`}`,
  cancelled: (name) => `${name} was cancelled`,
  test: (channel) => `Trainyard tries the channel ${channel}: nothing has happened`,
  vote: (actor, decision, verified) =>
    `${actor} ${decision === 'approve' ? 'approves' : 'rejects'}${verified ? '' : ' (unverified)'}`,
  check: (holds, text) => `${text}: ${holds ? 'holds' : 'does not hold'}`,
  facts: {
    run: 'run',
    project: 'project',
    template: 'template',
    branch: 'branch',
    metrics: 'metrics',
    check: 'check',
    approvers: 'approvers',
    votes: 'votes',
    until: 'until',
    why: 'why',
    fix: 'mended by',
    code: 'code',
  },
  next: 'next',
  page: 'page',
};

const BY_EN = { metric: ' by its metric', people: '', deadline: ': its deadline has passed' } as const;
const BY_ZH = { metric: '（按指标）', people: '', deadline: '（已到期限）' } as const;

function decided(decision: Decision | null): string {
  if (decision === null) return 'decided';
  return decision === 'approve' ? 'approved' : 'rejected';
}

const ZH: NoticeWords = {
  started: (name) => `${name} 已开始`,
  gateWaiting: (name, gate) => `${name} 在 ${gate} 之前等待审批`,
  gateReminder: (name, gate) => `${name} 仍在 ${gate} 之前等待审批`,
  gateDecided: (name, gate, decision, by) =>
    `${name}：${gate} ${decision === null ? '已有结论' : decision === 'approve' ? '已批准' : '已拒绝'}${by === null ? '' : BY_ZH[by]}`,
  parked: (name, stage) => `${name} 等待人工修复${stage === null ? '' : `，阶段 ${stage}`}`,
  succeeded: (name) => `${name} 成功`,
  failed: (name, stage) => `${name} 失败${stage === null ? '' : `，阶段 ${stage}`}`,
  cancelled: (name) => `${name} 已取消`,
  test: (channel) => `Trainyard 正在测试通知渠道 ${channel}：没有发生任何事情`,
  vote: (actor, decision, verified) =>
    `${actor} ${decision === 'approve' ? '批准' : '拒绝'}${verified ? '' : '（未验证）'}`,
  check: (holds, text) => `${text}：${holds ? '满足' : '不满足'}`,
  facts: {
    run: '运行',
    project: '项目',
    template: '模板',
    branch: '分支',
    metrics: '指标',
    check: '检查',
    approvers: '审批人',
    votes: '意见',
    until: '截止',
    why: '原因',
    fix: '修复方法',
    code: '代码',
  },
  next: '下一步',
  page: '页面',
};

export const NOTICE_WORDS: Readonly<Record<NoticeLanguage, NoticeWords>> = { en: EN, zh: ZH };
