import { type BadInput, row } from './bad-input-rows.ts';

const evaluated = { package: { script: 'e.py' }, evaluate: { script: 'v.py' } };
const push = (gate: object, more: object = evaluated): Readonly<Record<string, unknown>> => ({
  ...more,
  gates: { push: gate },
});
const bad = (claim: string, parts: BadInput['parts'], path: string, says: RegExp): BadInput =>
  row(claim, parts, 'TY_SPEC_INVALID', path, { says });

/** Gates that are written wrongly, or that could never open. */
export const GATE_ROWS: readonly BadInput[] = [
  bad('a condition that ends too early', push({ metric: 'mAP50 >=' }), 'gates.push.metric', /at character 9, expected/),
  bad('a condition that is a number', push({ metric: 'mAP50' }), 'gates.push.metric', /compare it/),
  bad('an approver that is no name', push({ approvers: ['group:'] }), 'gates.push.approvers.0', /group:NAME/),
  bad('a quorum of nobody', push({ approvers: ['a'], quorum: 0 }), 'gates.push.quorum', /at least 1/),
  bad('a larger quorum than approvers', push({ approvers: ['a', 'a'], quorum: 2 }), 'gates.push.quorum', /at most 1/),
  bad('a quorum without approvers', push({ quorum: 2 }), 'gates.push.quorum', /needs approvers/),
  bad('a deadline of nothing', push({ deadline: '0s' }), 'gates.push.deadline', /at least 1s/),
  bad('a baseline that is no run', push({ baseline: 'a/b' }), 'gates.push.baseline', /id of a run/),
  bad('otherwise without a metric', push({ otherwise: 'reject' }), 'gates.push.otherwise', /needs metric/),
  bad(
    'approvers who are never asked',
    push({ metric: 'a > 1', otherwise: 'reject', approvers: ['a'] }),
    'gates.push.approvers',
    /never asked/,
  ),
  bad(
    'a metric before training',
    { ...evaluated, gates: { train: { metric: 'a > 1' } } },
    'gates.train.metric',
    /no m/,
  ),
  bad('a metric of nothing', push({ metric: 'a > 1' }, {}), 'gates.push.metric', /needs evaluate/),
  bad('a gate before a push that is off', push({}, { output: null }), 'gates.push', /output is left out/),
  bad('a gate before a service that is off', { gates: { register: {} } }, 'gates.register', /serve is left out/),
  row('a gate before another stage', { gates: { fetch: {} } }, 'TY_SPEC_UNKNOWN_KEY', 'gates.fetch'),
];
