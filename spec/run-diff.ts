import type { RunRecord } from '../domain/record.ts';
import type { RunView, StageStatus } from '../domain/run-state.ts';
import type { Stage } from '../domain/stage.ts';
import type { SourcePin } from '../domain/plan.ts';
import { leaves } from './field-stages.ts';

/** A run as it is compared. */
export interface Compared {
  readonly record: RunRecord;
  readonly view: RunView;
}

/** One value that two runs do not share; `null` = not there. */
export interface Difference {
  readonly name: string;
  readonly a: string | null;
  readonly b: string | null;
}

export interface MetricDifference {
  readonly name: string;
  readonly a: number | null;
  readonly b: number | null;
  /** b − a; `null` where one of them has none. */
  readonly delta: number | null;
}

export interface StageDifference {
  readonly name: Stage;
  readonly a: { readonly status: StageStatus; readonly seconds: number | null };
  readonly b: { readonly status: StageStatus; readonly seconds: number | null };
}

/** Two runs side by side. */
export interface RunDiff {
  readonly runs: readonly [a: string, b: string];
  /** Fields of the spec that differ, parameters first. */
  readonly fields: readonly Difference[];
  /** Commits of sources and output that differ. */
  readonly commits: readonly (Difference & { readonly url: string | null })[];
  /** All metrics of both. */
  readonly metrics: readonly MetricDifference[];
  readonly stages: readonly StageDifference[];
  /** Recipe, backend, site and artifact, where they differ. */
  readonly facts: readonly Difference[];
}

/** How the second run differs from the first. Pure. */
export function diffRuns(a: Compared, b: Compared): RunDiff {
  return {
    runs: [a.record.runId, b.record.runId],
    fields: diffFields(a.record.spec, b.record.spec),
    commits: diffCommits(a.record, b.record),
    metrics: diffMetrics(metricsOf(a), metricsOf(b)),
    stages: diffStages(a.view, b.view),
    facts: diffFacts(a.record, b.record),
  };
}

/** What people turn first comes first. */
const FIRST = [/^recipe\.args\./, /^roles\.\d+\.params\./, /^(package|evaluate)\.args\./, /^recipe\./];

function diffFields(a: unknown, b: unknown): readonly Difference[] {
  const [before, after] = [leaves(a), leaves(b)];
  const rank = ({ name }: Difference): number => {
    const found = FIRST.findIndex((pattern) => pattern.test(name));
    return found === -1 ? FIRST.length : found;
  };
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => ({ name, a: before.get(name) ?? null, b: after.get(name) ?? null }))
    .filter(differs)
    .toSorted((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}

function diffCommits(a: RunRecord, b: RunRecord): RunDiff['commits'] {
  const sources = (['model', 'code', 'dataset'] as const).map((name) => ({
    name,
    a: pinText(a.plan[name]),
    b: pinText(b.plan[name]),
    // Commits of two repositories have no history between them.
    url: sameUrl(a.plan[name], b.plan[name]),
  }));
  return [...sources, { name: 'output', a: a.commit, b: b.commit, url: null }].filter(differs);
}

function pinText(pin: SourcePin | null): string | null {
  if (pin === null) return null;
  return pin.kind === 'git' ? pin.commit : `snapshot ${pin.digest}`;
}

function sameUrl(a: SourcePin | null, b: SourcePin | null): string | null {
  return a?.kind === 'git' && b?.kind === 'git' && a.url === b.url ? a.url : null;
}

type Metrics = Readonly<Record<string, number>>;

function metricsOf({ record, view }: Compared): Metrics {
  return record.metrics ?? view.metrics ?? {};
}

function diffMetrics(a: Metrics, b: Metrics): readonly MetricDifference[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted().map((name) => {
    const [one, other] = [a[name] ?? null, b[name] ?? null];
    return { name, a: one, b: other, delta: one === null || other === null ? null : other - one };
  });
}

function diffStages(a: RunView, b: RunView): readonly StageDifference[] {
  return a.stages.flatMap((stage) => {
    const other = b.stages.find(({ name }) => name === stage.name);
    return other === undefined ? [] : [{ name: stage.name, a: timed(stage), b: timed(other) }];
  });
}

function timed({ status, startedAt, finishedAt }: RunView['stages'][number]): StageDifference['a'] {
  const known = startedAt !== null && finishedAt !== null;
  return { status, seconds: known ? (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000 : null };
}

function diffFacts(a: RunRecord, b: RunRecord): readonly Difference[] {
  const fact = (name: string, pick: (record: RunRecord) => string | null): Difference => ({
    name,
    a: pick(a),
    b: pick(b),
  });
  return [
    fact('recipe', ({ plan }) => plan.recipe),
    fact('backend', ({ plan }) => plan.backend),
    fact('site', ({ plan }) => plan.site),
    fact('artifact', ({ artifact }) => artifact?.sha256 ?? null),
  ].filter(differs);
}

function differs({ a, b }: Difference): boolean {
  return a !== b;
}
