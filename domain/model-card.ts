import type { Plan, SourcePin } from './plan.ts';
import type { ArtifactView } from './record.ts';

/** What a pushed tree says about itself. */
export interface ModelFacts {
  readonly plan: Plan;
  readonly spec: unknown;
  readonly artifact: ArtifactView | null;
  readonly metrics: Readonly<Record<string, number>> | null;
}

/** Content of `trainyard.json`. Nothing in it depends on when or how often the push is tried. */
export function provenance(facts: ModelFacts): unknown {
  const { plan } = facts;
  return {
    schema: 1,
    run: plan.runId,
    name: plan.name,
    project: plan.project,
    startedAt: plan.startedAt,
    ...(plan.inherited === undefined ? {} : { rerunOf: { run: plan.inherited.runId, from: plan.inherited.from } }),
    recipe: plan.recipe,
    backend: plan.backend,
    model: source(plan.model),
    code: source(plan.code),
    dataset: source(plan.dataset),
    artifact: facts.artifact,
    metrics: facts.metrics,
    specDigest: plan.specDigest,
    spec: withoutSecrets(facts.spec),
  };
}

const SECRET_NAME = /(token|secret|password|passwd|pwd|credentials?|(api|access|private|secret)_?key)$/i;

/** The tree may be read by anyone: what a spec sets in an environment under the name of a secret stays out of it. */
export function withoutSecrets(value: unknown, inEnv = false): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const secret = inEnv && typeof item === 'string' && SECRET_NAME.test(key);
      return [key, secret ? '[redacted]' : withoutSecrets(item, key === 'env')];
    }),
  );
}

/** The model card: front matter as JSON values, which are YAML too, so that no text can break out of it. */
export function modelCard(facts: ModelFacts): string {
  const { plan, metrics, artifact } = facts;
  const sources = [plan.dataset].flatMap((pin) => (pin?.kind === 'git' ? [pin.url] : []));
  const front = [
    '---',
    `library_name: ${JSON.stringify('pytorch')}`,
    `tags: ${JSON.stringify(['trainyard', plan.recipe])}`,
    ...(sources.length > 0 ? [`datasets: ${JSON.stringify(sources)}`] : []),
    '---',
  ];
  const rows = Object.entries(metrics ?? {}).map(([name, value]) => `| ${cell(name)} | ${value} |`);
  return [
    ...front,
    '',
    `# ${oneLine(plan.displayName ?? plan.name)}`,
    '',
    `Trained by Trainyard run \`${plan.runId}\` on ${plan.startedAt}.`,
    '',
    '| source | repository | commit |',
    '| --- | --- | --- |',
    ...sourceRow('model', plan.model),
    ...sourceRow('code', plan.code),
    ...sourceRow('dataset', plan.dataset),
    ...(rows.length > 0 ? ['', '| metric | value |', '| --- | --- |', ...rows] : []),
    ...(artifact === null
      ? []
      : ['', `Artifact: \`${artifact.path}\`, ${artifact.bytes} bytes, sha256 \`${artifact.sha256}\`.`]),
    '',
    'The whole provenance is in `trainyard.json`.',
    '',
  ].join('\n');
}

function source(pin: SourcePin | null): unknown {
  if (pin === null) return null;
  if (pin.kind === 'snapshot') return { kind: 'snapshot', digest: pin.digest };
  return { kind: 'git', url: pin.url, ref: pin.ref, commit: pin.commit };
}

function sourceRow(label: string, pin: SourcePin | null): readonly string[] {
  if (pin === null) return [];
  if (pin.kind === 'snapshot') return [`| ${label} | a folder | \`${pin.digest}\` |`];
  return [`| ${label} | ${cell(pin.url)} | \`${pin.commit}\` |`];
}

function cell(text: string): string {
  return oneLine(text).replaceAll('|', '\\|');
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ').replaceAll('<', '&lt;');
}
