import type { ErrorCode } from '../../../domain/errors.ts';

/** A spec with one fault. */
export interface BadInput {
  readonly claim: string;
  readonly parts: Readonly<Record<string, unknown>>;
  readonly code: ErrorCode;
  readonly path: string;
  readonly says?: RegExp;
  readonly suggestion?: string;
}

type Hints = Pick<BadInput, 'says' | 'suggestion'>;

export function row(
  claim: string,
  parts: BadInput['parts'],
  code: ErrorCode,
  path: string,
  hints: Hints = {},
): BadInput {
  return { claim, parts, code, path, ...hints };
}

export const torchrun = (more: object): object => ({ kind: 'torchrun', script: 'train.py', ...more });

export const ROWS: readonly BadInput[] = [
  row('an unknown field at the top', { recip: {} }, 'TY_SPEC_UNKNOWN_KEY', 'recip', { suggestion: 'recipe' }),
  row('an unknown field deep down', { compute: { replica: 2 } }, 'TY_SPEC_UNKNOWN_KEY', 'compute.replica', {
    suggestion: 'replicas',
  }),
  row('an unknown field of the chosen kind', { recipe: torchrun({ arg: {} }) }, 'TY_SPEC_UNKNOWN_KEY', 'recipe.arg', {
    suggestion: 'args',
  }),
  row(
    'an unknown field in a nullable part',
    { output: { repo: 'https://h/o', brunch: 'x' } },
    'TY_SPEC_UNKNOWN_KEY',
    'output.brunch',
    { suggestion: 'branch' },
  ),
  row('a field that no name is near', { zzzzzzzz: 1 }, 'TY_SPEC_UNKNOWN_KEY', 'zzzzzzzz'),
  row('a missing name', { name: undefined }, 'TY_SPEC_INVALID', 'name', { says: /is required/ }),
  row('a missing kind', { recipe: { script: 'x.py' } }, 'TY_SPEC_INVALID', 'recipe.kind', {
    says: /required.*torchrun, command/,
  }),
  row('a kind that does not exist', { recipe: { kind: 'torchrn' } }, 'TY_SPEC_INVALID', 'recipe.kind', {
    suggestion: 'torchrun',
  }),
  row('a backend that does not exist', { backend: { kind: 'vulcano' } }, 'TY_SPEC_INVALID', 'backend.kind', {
    suggestion: 'volcano',
  }),
  row(
    'a site that is not this machine',
    { backend: { kind: 'local', site: 'gpu-1' } },
    'TY_SPEC_INVALID',
    'backend.site',
    { says: /must be local/ },
  ),
  row('a name with capitals', { name: 'Digits' }, 'TY_SPEC_INVALID', 'name', { says: /lower-case/ }),
  row('a name that is too long', { name: 'a'.repeat(41) }, 'TY_SPEC_INVALID', 'name', { says: /1 to 40/ }),
  row('a name that ends with a dash', { name: 'digits-' }, 'TY_SPEC_INVALID', 'name'),
  row('a display name that moves the cursor', { displayName: 'a\u001b[2J' }, 'TY_SPEC_INVALID', 'displayName', {
    says: /control/,
  }),
  row('text where fields belong', { model: 'https://git.example/ml/digits' }, 'TY_SPEC_INVALID', 'model', {
    says: /must be a set of fields, not text/,
  }),
  row('a list where a number belongs', { retries: { code: [1] } }, 'TY_SPEC_INVALID', 'retries.code', {
    says: /not a list/,
  }),
  row('negative replicas', { compute: { replicas: -1 } }, 'TY_SPEC_INVALID', 'compute.replicas', {
    says: /at least 1/,
  }),
  row('half a replica', { compute: { replicas: 1.5 } }, 'TY_SPEC_INVALID', 'compute.replicas', {
    says: /whole number/,
  }),
  row('replicas as text', { compute: { replicas: '2' } }, 'TY_SPEC_INVALID', 'compute.replicas', { says: /not text/ }),
  row(
    'a number of processes in words',
    { compute: { procsPerReplica: 'many' } },
    'TY_SPEC_INVALID',
    'compute.procsPerReplica',
    { says: /auto or gpu/ },
  ),
  row('a privileged port', { compute: { rendezvousPort: 80 } }, 'TY_SPEC_INVALID', 'compute.rendezvousPort', {
    says: /at least 1024/,
  }),
  row('a duration without a unit', { limits: { total: '72' } }, 'TY_SPEC_INVALID', 'limits.total', {
    says: /90s, 30m/,
  }),
  row('a negative duration', { limits: { grace: -1 } }, 'TY_SPEC_INVALID', 'limits.grace'),
  row('parking without an end', { limits: { parked: null } }, 'TY_SPEC_INVALID', 'limits.parked'),
  row('memory with a wrong unit', { compute: { memory: '2Gb' } }, 'TY_SPEC_INVALID', 'compute.memory', {
    says: /512Mi/,
  }),
  row('no CPU at all', { compute: { cpu: 0 } }, 'TY_SPEC_INVALID', 'compute.cpu', { says: /500m/ }),
  row(
    'an environment variable with a space',
    { compute: { env: { 'A B': '1' } } },
    'TY_SPEC_INVALID',
    'compute.env.A B',
  ),
  row(
    "one of Trainyard's own variables",
    { compute: { env: { TRAINYARD_RUN_ID: 'x' } } },
    'TY_SPEC_INVALID',
    'compute.env.TRAINYARD_RUN_ID',
  ),
  row(
    'a ref that is an option',
    { model: { repo: 'https://h/m', ref: '--upload-pack=touch /tmp/x' } },
    'TY_SPEC_REF',
    'model.ref',
    { says: /starts with "-"/ },
  ),
  row('a ref with dots', { dataset: { repo: 'https://h/d', ref: 'a..b' } }, 'TY_SPEC_REF', 'dataset.ref'),
  row(
    'an output branch with a space',
    { output: { repo: 'https://h/o', branch: 'my branch' } },
    'TY_SPEC_REF',
    'output.branch',
  ),
  row(
    'an unknown word in the branch',
    { output: { repo: 'https://h/o', branch: '{date}' } },
    'TY_SPEC_REF',
    'output.branch',
    { says: /\{name\}, \{timestamp\}, \{run\}/ },
  ),
  row('a URL with a password', { model: { repo: 'https://me:s3cret@git.example/m' } }, 'TY_SPEC_URL', 'model.repo', {
    says: /user name or password/,
  }),
  row('a remote helper', { model: { repo: 'ext::sh -c touch% /tmp/x' } }, 'TY_SPEC_URL', 'model.repo'),
  row('a URL that is an option', { code: { repo: '--upload-pack=x' } }, 'TY_SPEC_URL', 'code.repo'),
  row('an FTP address', { output: { repo: 'ftp://h/x' } }, 'TY_SPEC_URL', 'output.repo'),
  row('a secret in place of a credential name', { credentials: 'ghp_AbC+/=' }, 'TY_SPEC_INVALID', 'credentials', {
    says: /name of a stored/,
  }),
  row('two places for the code', { code: { repo: 'https://h/c', path: '/src' } }, 'TY_SPEC_INVALID', 'code', {
    says: /exactly one/,
  }),
  row('a dataset from nowhere', { dataset: { ref: 'main' } }, 'TY_SPEC_INVALID', 'dataset', { says: /exactly one/ }),
  row(
    'a script outside the repository',
    { recipe: torchrun({ script: '../x.py' }) },
    'TY_SPEC_INVALID',
    'recipe.script',
  ),
  row('an absolute script', { recipe: torchrun({ script: '/etc/x.py' }) }, 'TY_SPEC_INVALID', 'recipe.script'),
  row('a script that is an option', { recipe: torchrun({ script: '-c' }) }, 'TY_SPEC_INVALID', 'recipe.script'),
  row('fields as an argument', { recipe: torchrun({ args: { lr: { a: 1 } } }) }, 'TY_SPEC_INVALID', 'recipe.args.lr'),
  row(
    'an argument name with dashes in front',
    { recipe: torchrun({ args: { '--lr': 1 } }) },
    'TY_SPEC_INVALID',
    'recipe.args.--lr',
    { says: /without dashes/ },
  ),
  row(
    'a number that would lose digits',
    { recipe: torchrun({ args: { seed: 2 ** 60 } }) },
    'TY_SPEC_INVALID',
    'recipe.args.seed',
    { says: /quotes/ },
  ),
  row('an empty command', { recipe: { kind: 'command', command: [] } }, 'TY_SPEC_INVALID', 'recipe.command'),
  row('an open quote', { recipe: { kind: 'command', command: 'echo "a' } }, 'TY_SPEC_INVALID', 'recipe.command', {
    says: /quote/,
  }),
  row('evaluation without packaging', { evaluate: { script: 'e.py' } }, 'TY_SPEC_INVALID', 'evaluate', {
    says: /needs package/,
  }),
  row('serving without packaging', { serve: { kind: 'local' } }, 'TY_SPEC_INVALID', 'serve', { says: /needs package/ }),
  row('packaging without a program', { package: {} }, 'TY_SPEC_INVALID', 'package', { says: /script or command/ }),
  row(
    'two programs for one step',
    { package: { script: 'a.py', command: ['b'] } },
    'TY_SPEC_INVALID',
    'package.command',
  ),
  row('a port that is none', { serve: { kind: 'local', port: 70_000 } }, 'TY_SPEC_INVALID', 'serve.port', {
    says: /at most 65535/,
  }),
  row(
    'a spec larger than a payload may be',
    {
      description: '字'.repeat(9999),
      labels: { a: 'b' },
      recipe: torchrun({ args: { x: 'y'.repeat(30_000) } }),
    },
    'TY_SPEC_INVALID',
    '',
    { says: /48 KiB/ },
  ),
  row('a recipe to come', { recipe: { kind: 'yolov5', imgsz: 640 } }, 'TY_SPEC_NOT_BUILT', 'recipe.kind'),
  row(
    'a service to come',
    { package: { script: 'e.py' }, serve: { kind: 'kserve' } },
    'TY_SPEC_NOT_BUILT',
    'serve.kind',
  ),
];
