import type { ErrorCode } from '../../domain/errors.ts';
import type { Stage } from '../../domain/stage.ts';
import type { Forge } from './forge.ts';
import type { World } from './world.ts';

/** What a row may point at. */
export interface Place {
  readonly world: World;
  readonly forge: Forge;
  /** A port that somebody listens on. */
  readonly takenPort: number;
  /** Address of a server whose certificate nobody has signed. */
  readonly untrusted: string;
}

/** A spec that fits the schema and cannot succeed. */
export interface BadRun {
  readonly claim: string;
  readonly changes: (place: Place) => Readonly<Record<string, unknown>>;
  readonly code: ErrorCode;
  readonly stage: Stage;
  /** Must be found in `where` and `message`: the field, the rank or the step. */
  readonly says: RegExp;
  /** `parked`: waits for a person. */
  readonly ends: 'failed' | 'parked';
}

function row(
  claim: string,
  [code, stage, says]: readonly [code: ErrorCode, stage: Stage, says: RegExp],
  changes: BadRun['changes'],
  ends: BadRun['ends'] = 'failed',
): BadRun {
  return { claim, changes, code, stage, says, ends };
}

const ONLY_TRAIN = { package: null, evaluate: null, serve: null, output: null } as const;
const NO_SERVICE = { serve: null, output: null } as const;
const ABSENT = '0123456789abcdef0123456789abcdef01234567';

const train =
  (script: string, more: Readonly<Record<string, unknown>> = {}) =>
  () => ({
    ...ONLY_TRAIN,
    recipe: { kind: 'command', command: ['sh', '-c', script] },
    ...more,
  });

/** Two ranks of a script of the repository `scripts`. */
const ranks =
  (script: string, more: Readonly<Record<string, unknown>> = {}) =>
  ({ forge }: Place) => ({
    ...ONLY_TRAIN,
    model: { repo: forge.server.url('scripts'), credentials: 'forge' },
    recipe: { kind: 'torchrun', script },
    compute: { replicas: 2 },
    ...more,
  });

const source =
  (field: 'model' | 'dataset', repo: string, more: Readonly<Record<string, unknown>> = { credentials: 'forge' }) =>
  ({ forge }: Place) => ({ ...ONLY_TRAIN, [field]: { repo: forge.server.url(repo), ...more } });

const output =
  (repo: string, more: Readonly<Record<string, unknown>> = { credentials: 'forge' }) =>
  ({ forge }: Place) => ({
    ...ONLY_TRAIN,
    recipe: { kind: 'command', command: ['sh', '-c', 'echo w > "$TRAINYARD_OUTPUT_DIR/w.bin"'] },
    output: { repo: forge.server.url(repo), branch: 'result-{run}', ...more },
  });

const packaged = (script: string) => () => ({ ...NO_SERVICE, package: { command: ['sh', '-c', script] } });
const evaluated = (script: string) => () => ({ ...NO_SERVICE, evaluate: { command: ['sh', '-c', script] } });

/** What `resolve` finds: never parked, although a person could mend some of it. */
const FOUND_EARLY: readonly BadRun[] = [
  row('a repository that is not there', ['TY_GIT_REPO_NOT_FOUND', 'resolve', /model, /], source('model', 'nowhere')),
  row('a folder that is not there', ['TY_GIT_REPO_NOT_FOUND', 'resolve', /dataset, /], ({ world }) => ({
    dataset: { repo: `file://${world.folder}/repos/nowhere.git` },
  })),
  row('a folder nobody listed', ['TY_GIT_HOST_NOT_ALLOWED', 'resolve', /model, /], () => ({
    model: { repo: 'file:///usr/share/nowhere.git' },
  })),
  row('plain http to a host nobody listed', ['TY_GIT_HOST_NOT_ALLOWED', 'resolve', /model, /], () => ({
    model: { repo: 'http://127.0.0.1:9/m.git' },
  })),
  row('a branch that is not there', ['TY_GIT_REF_NOT_FOUND', 'resolve', /model, .*"no-such"/s], ({ world }) => ({
    model: { repo: world.model, ref: 'no-such' },
  })),
  row('a repository without commits', ['TY_GIT_EMPTY', 'resolve', /dataset, /], source('dataset', 'empty')),
  row('a repository that moved to another host', ['TY_GIT_REDIRECT', 'resolve', /model, /], source('model', 'moved')),
  row('a certificate that nobody signed', ['TY_GIT_TLS', 'resolve', /model, /], ({ untrusted }) => ({
    model: { repo: untrusted },
  })),
  row('no credential where one is needed', ['TY_GIT_AUTH', 'resolve', /model, /], source('model', 'scripts', {})),
  row(
    'a wrong token',
    ['TY_GIT_AUTH', 'resolve', /model, .*"wrong"/s],
    source('model', 'scripts', { credentials: 'wrong' }),
  ),
  row(
    'an unknown credential',
    ['TY_GIT_CREDENTIAL_MISSING', 'resolve', /dataset, .*"unheard-of"/s],
    source('dataset', 'scripts', { credentials: 'unheard-of' }),
  ),
  row(
    'a credential file that others can read',
    ['TY_GIT_CREDENTIAL_MISSING', 'resolve', /model, .*read by others/s],
    source('model', 'scripts', { credentials: 'careless' }),
  ),
  row(
    'a credential of another host',
    ['TY_GIT_CREDENTIAL_HOST', 'resolve', /model, .*"elsewhere"/s],
    source('model', 'scripts', { credentials: 'elsewhere' }),
  ),
  row('an output that is not there', ['TY_GIT_REPO_NOT_FOUND', 'resolve', /output, /], output('nowhere')),
  row(
    'an output that may only be read',
    ['TY_GIT_FORBIDDEN', 'resolve', /output, /],
    output('results', { credentials: 'reader' }),
  ),
  row(
    'an output branch that is taken',
    ['TY_OUTPUT_BRANCH_TAKEN', 'resolve', /output\.branch/],
    output('scripts', { credentials: 'forge', branch: 'main' }),
  ),
  row('a code folder that is not there', ['TY_SNAPSHOT_REFUSED', 'resolve', /code\.path/], () => ({
    code: { path: '/nonexistent/code' },
  })),
  row('a snapshot that was never taken', ['TY_SNAPSHOT_REFUSED', 'resolve', /code\.snapshot/], () => ({
    code: { snapshot: '0'.repeat(64) },
  })),
  row('a port that is taken', ['TY_SERVE_PORT_TAKEN', 'resolve', /serve\.port/], ({ takenPort }) => ({
    serve: { kind: 'local', port: takenPort, service: 'port-taken' },
  })),
];

const FOUND_IN_FETCH: readonly BadRun[] = [
  row(
    'a commit that is not there',
    ['TY_GIT_REF_NOT_FOUND', 'fetch', /scripts\.git/],
    source('model', 'scripts', { ref: ABSENT, credentials: 'forge' }),
  ),
  row(
    'an LFS pointer without its object',
    ['TY_LFS_OBJECT_MISSING', 'fetch', /holes\.git/],
    source('dataset', 'holes'),
  ),
  row('a link that leaves the repository', ['TY_GIT_UNSAFE_TREE', 'fetch', /"way-out"/], source('dataset', 'leaving')),
  row('data larger than the disk', ['TY_DISK_FULL', 'fetch', /workspace/], source('dataset', 'huge'), 'parked'),
  row('a training script that is not there', ['TY_RECIPE_SCRIPT_MISSING', 'fetch', /absent\.py/], ranks('absent.py')),
  row('a program that the code does not hold', ['TY_RECIPE_SCRIPT_MISSING', 'fetch', /absent\.sh/], () => ({
    recipe: { kind: 'command', command: ['./absent.sh'] },
  })),
  row('a packaging script that is not there', ['TY_RECIPE_SCRIPT_MISSING', 'fetch', /export\.py/], () => ({
    package: { script: 'export.py' },
  })),
];

const FOUND_IN_TRAINING: readonly BadRun[] = [
  row('a rank that exits 3', ['TY_JOB_EXIT_CODE', 'train', /worker rank 1 .*exit code 3/s], ranks('third.py')),
  row(
    'a rank that exits and leaves a child',
    ['TY_JOB_EXIT_CODE', 'train', /worker rank 0 .*exit code 4/s],
    train('sleep 600 & exit 4'),
  ),
  row('a rank that a signal ends', ['TY_JOB_SIGNAL', 'train', /worker rank 0 .*SIGSEGV/s], train('kill -SEGV $$')),
  row(
    'a rank that never joins',
    ['TY_JOB_START_DEADLINE', 'train', /rank/],
    ranks('hang.py', { limits: { starting: '3s', grace: '1s' } }),
  ),
  row(
    'a rank that hangs',
    ['TY_RUN_DEADLINE', 'train', /limits\.total/],
    train('sleep 600', { limits: { total: '6s', grace: '1s' } }),
  ),
  row(
    'a rank that hears no signal',
    ['TY_RUN_DEADLINE', 'train', /limits\.total/],
    train("trap '' TERM; while :; do sleep 600; done", { limits: { total: '6s', grace: '1s' } }),
  ),
  row('a command that does not exist', ['TY_JOB_COMMAND_NOT_FOUND', 'train', /no-such-program/], () => ({
    ...ONLY_TRAIN,
    recipe: { kind: 'command', command: ['no-such-program'] },
  })),
  row(
    'more memory than allowed',
    ['TY_JOB_OOM', 'train', /worker rank 0 .*64 MiB/s],
    train('exec python3 -c "import time; x = b\'x\' * (300 << 20); time.sleep(600)"', { compute: { memory: '64Mi' } }),
  ),
  row('training that leaves no output', ['TY_TRAIN_NO_OUTPUT', 'train', /output folder/], train('true')),
];

const FOUND_LATER: readonly BadRun[] = [
  row(
    'packaging that leaves no artifact',
    ['TY_PACKAGE_NO_ARTIFACT', 'package', /model\.torchscript/],
    packaged('true'),
  ),
  row(
    'an artifact that cannot be loaded',
    ['TY_PACKAGE_INVALID', 'package', /not a TorchScript module/],
    packaged('cp example.json "$(dirname "$TRAINYARD_MODEL_FILE")"; echo junk > "$TRAINYARD_MODEL_FILE"'),
  ),
  row(
    'an artifact without an example',
    ['TY_PACKAGE_INVALID', 'package', /example\.json/],
    packaged('cp model.torchscript "$TRAINYARD_MODEL_FILE"'),
  ),
  row(
    'evaluation that fails',
    ['TY_JOB_EXIT_CODE', 'package', /exit code 5 in its evaluate step/],
    evaluated('exit 5'),
  ),
  row('evaluation that writes no metrics', ['TY_EVALUATE_NO_METRICS', 'package', /metrics\.json/], evaluated('true')),
  row(
    'metrics that are not numbers',
    ['TY_EVALUATE_NO_METRICS', 'package', /flat object of numbers/],
    evaluated('echo \'{"accuracy": "good"}\' > "$TRAINYARD_METRICS_JSON"'),
  ),
  row(
    'a branch that the server protects',
    ['TY_PUSH_PROTECTED', 'push', /refused the push/],
    output('protected'),
    'parked',
  ),
  row('an LFS store without room', ['TY_LFS_QUOTA', 'push', /no room/], output('crammed'), 'parked'),
  row('a service that is not ready in time', ['TY_SERVE_NOT_READY', 'register', /service too-slow/], () => ({
    output: null,
    serve: { kind: 'local', service: 'too-slow', readyTimeout: '0.1s' },
  })),
];

export const BAD_RUNS: readonly BadRun[] = [...FOUND_EARLY, ...FOUND_IN_FETCH, ...FOUND_IN_TRAINING, ...FOUND_LATER];
