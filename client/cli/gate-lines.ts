import type { GateEvidence, GateView, Vote } from '../../domain/gates/gate.ts';
import type { RunView } from '../../domain/run-state.ts';
import { metricTable } from './metric-bars.ts';
import { texts } from './messages/texts.ts';
import type { Say } from './messages/texts.ts';
import type { LineStyle } from './run-lines.ts';
import { painter } from './terminal/colour.ts';
import { byteSize } from './terminal/format.ts';
import { pairs } from './terminal/table.ts';
import { cleanText } from './terminal/text.ts';

type Row = readonly [name: string, value: string];

/** Everything about a gate: what it asks, of whom, and what they look at. */
export function gateLines(runId: string, gate: GateView, style: LineStyle): string[] {
  const say = texts(style.lang);
  const paint = painter(style.colour);
  const { offer } = gate;
  const head: readonly Row[] = [
    [say('view.run'), paint('bold', runId)],
    [say('gate.gate'), say('gate.before', { stage: gate.stage })],
    [say('gate.state'), paint(stateStyle(gate), stateText(gate, say))],
    ...(offer === null || offer.check === null ? [] : [[say('gate.check'), offer.check.text] as const]),
    [say('gate.approvers'), approversText(gate, say)],
    ...(gate.openedAt === null ? [] : [[say('gate.opened'), gate.openedAt] as const]),
    ...(gate.until === null || gate.state !== 'waiting' ? [] : [[say('gate.until'), untilText(gate, say)] as const]),
    ...gate.votes.map((vote): Row => [say('gate.vote'), voteText(vote, say)]),
    ...gate.refused.map((one): Row => [
      say('gate.refused'),
      say('gate.refusal', { ...one, decision: decisionWord(one.decision, say) }),
    ]),
    ...(offer === null ? [] : evidenceRows(offer.evidence, offer.digest, say)),
  ];
  const metrics = offer === null ? [] : metricTable(offer.evidence, style);
  return [
    ...pairs(head.map(([name, value]) => [name, oneLine(value)])),
    ...(metrics.length === 0 ? [] : ['', ...metrics]),
    ...(gate.state === 'waiting' ? ['', ...commands(runId, gate)] : []),
  ];
}

/** Rows of `run get` about gates that wait, with the command that decides. */
export function waitingRows({ runId, gates = [] }: RunView, say: Say): Row[] {
  return gates
    .filter(({ state }) => state === 'waiting')
    .flatMap((gate) => [
      [say('gate.gate'), oneLine(`${votesText(gate, say)}${gate.until === null ? '' : `, ${untilText(gate, say)}`}`)],
      ...(gate.offer?.check ? [[say('gate.check'), oneLine(gate.offer.check.text)] as const] : []),
      [
        say('gate.decide'),
        oneLine(`trainyard gate show ${runId} ${gate.stage}; trainyard gate approve ${runId} ${gate.stage}`),
      ],
    ]);
}

/** `approved by alice, bob at …`. */
export function stateText(gate: GateView, say: Say): string {
  const state = say(`gate.${gate.state}`);
  if (gate.by === null || gate.decidedAt === null) return state;
  const decisive = gate.votes.filter(({ decision }) => (decision === 'approve') === (gate.state === 'approved'));
  const by = gate.by === 'people' ? decisive.map(({ actor }) => actor).join(', ') : say(`gate.by.${gate.by}`);
  return say('gate.by', { state, by, at: gate.decidedAt });
}

/** `1/2`. */
export function voteCount({ votes, quorum }: GateView): string {
  return `${votes.filter(({ decision }) => decision === 'approve').length}/${quorum}`;
}

function votesText(gate: GateView, say: Say): string {
  const votes = gate.votes.filter(({ decision }) => decision === 'approve').length;
  return say('gate.waitsFor', { stage: gate.stage, votes, quorum: gate.quorum });
}

function approversText({ approvers, quorum }: GateView, say: Say): string {
  if (approvers.length === 0) return say('gate.anyone');
  const names = approvers.join(', ');
  return quorum === 1 && approvers.length === 1 ? names : say('gate.quorum', { names, count: quorum });
}

function untilText({ until, onDeadline }: GateView, say: Say): string {
  return say('gate.default', { until: until ?? '', decision: say(`gate.${onDeadline}`) });
}

function voteText(vote: Vote, say: Say): string {
  const checked = say(vote.verified ? 'gate.verified' : 'gate.unverified');
  const said = say('gate.voted', { ...vote, decision: say(`gate.${vote.decision}`), checked });
  return vote.comment === null ? said : `${said}: ${vote.comment}`;
}

function decisionWord(decision: string, say: Say): string {
  return decision === 'approve' || decision === 'reject' ? say(`gate.${decision}`) : decision;
}

function evidenceRows({ commits, params, artifact, baseline }: GateEvidence, digest: string, say: Say): Row[] {
  const rows: readonly (readonly [string, string])[] = [
    [
      say('gate.commits'),
      Object.entries(commits)
        .map(([source, id]) => `${source} ${id.slice(0, 12)}`)
        .join(', '),
    ],
    [
      say('gate.params'),
      Object.entries(params)
        .map(([name, value]) => `${name}=${plain(value)}`)
        .join(' '),
    ],
    [
      say('gate.artifact'),
      artifact === null ? '' : `${artifact.path} ${byteSize(artifact.bytes)} sha256 ${artifact.sha256.slice(0, 12)}`,
    ],
    [say('gate.baseline'), baseline?.name ?? ''],
    [say('gate.evidence'), digest],
  ];
  return rows.filter(([, value]) => value !== '').map(([name, value]) => [name, value]);
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function commands(runId: string, { stage }: GateView): string[] {
  return ['approve', 'reject'].map((word) => cleanText(`trainyard gate ${word} ${runId} ${stage} -m '…'`));
}

function stateStyle({ state }: GateView): 'yellow' | 'green' | 'red' | 'dim' {
  return ({ ahead: 'dim', waiting: 'yellow', approved: 'green', rejected: 'red' } as const)[state];
}

function oneLine(text: string): string {
  return cleanText(text)
    .replace(/\s*\n\s*/g, ' · ')
    .trim();
}
