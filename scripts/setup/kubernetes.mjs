import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isExecutable, moveIn, removeTree, sha256 } from './cache.mjs';
import { goBuild, goModuleFolder } from './go-build.mjs';
import { goCanBuild } from './go.mjs';
import { KUBERNETES_VERSION, kubernetesRelease } from './kubernetes-release.mjs';
import { impossible, obtain, obtainable, present } from './part.mjs';

const MODULES = join(dirname(dirname(fileURLToPath(import.meta.url))), 'kubernetes');

/** The programs of a control plane, as the folder of the part `kubernetes` holds them. */
export const CONTROL_PLANE = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];

/** What each part is made of: a Go module of this checkout, its programs, and the manifests kept beside them. */
const PARTS = {
  kubernetes: {
    version: KUBERNETES_VERSION,
    module: 'kubebox',
    needs: `k8s.io/kubernetes@v${KUBERNETES_VERSION}`,
    why: 'tests submit jobs to a real API server',
    size: '2 GB',
    time: '5 to 10 min once',
    room: 6e9,
    programs: { kubebox: '.' },
    stamp: versionStamp(),
    files: [],
    expects: CONTROL_PLANE,
  },
  kwok: {
    version: '0.8.0',
    module: 'kwok',
    needs: 'sigs.k8s.io/kwok@v0.8.0',
    why: 'tests play nodes with GPUs',
    size: '200 MB',
    time: '1 to 2 min once',
    room: 1e9,
    programs: { kwok: 'sigs.k8s.io/kwok/cmd/kwok' },
    files: [{ of: 'sigs.k8s.io/kwok', from: 'kustomize/crd/bases', to: 'crds' }],
    expects: ['kwok'],
  },
  operators: {
    version: 'jobset-0.12.0-trainer-2.3.0',
    module: 'operators',
    needs: 'github.com/kubeflow/trainer/v2@v2.3.0',
    why: 'tests run TrainJobs',
    size: '300 MB',
    time: '2 to 4 min once',
    room: 2e9,
    programs: {
      jobset: 'sigs.k8s.io/jobset',
      trainer: 'github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager',
    },
    files: [
      { of: 'sigs.k8s.io/jobset', from: 'config/components/crd/bases', to: 'jobset-crds' },
      { of: 'sigs.k8s.io/jobset', from: 'config/components/webhook/manifests.yaml', to: 'jobset-webhooks.yaml' },
      { of: 'github.com/kubeflow/trainer/v2', from: 'manifests/base/crds', to: 'trainer-crds' },
      {
        of: 'github.com/kubeflow/trainer/v2',
        from: 'manifests/base/webhook/manifests.yaml',
        to: 'trainer-webhooks.yaml',
      },
    ],
    expects: ['jobset', 'trainer'],
  },
  volcano: {
    version: '1.14.1',
    module: 'volcano',
    needs: 'volcano.sh/volcano@v1.14.1',
    why: 'tests run Volcano jobs',
    size: '600 MB',
    time: '4 to 8 min once',
    room: 3e9,
    programs: {
      'vc-scheduler': 'volcano.sh/volcano/cmd/scheduler',
      'vc-controller-manager': 'volcano.sh/volcano/cmd/controller-manager',
      'vc-webhook-manager': 'volcano.sh/volcano/cmd/webhook-manager',
    },
    files: [
      { of: 'volcano.sh/volcano', from: 'config/crd/volcano/bases', to: 'crds/volcano' },
      { of: 'volcano.sh/volcano', from: 'config/crd/jobflow/bases', to: 'crds/jobflow' },
    ],
    expects: ['vc-scheduler', 'vc-controller-manager', 'vc-webhook-manager'],
  },
  versitygw: {
    version: '1.8.0',
    module: 'versitygw',
    needs: 'github.com/versity/versitygw@v1.8.0',
    why: 'tests hand files over through an object store',
    size: '300 MB',
    time: '1 to 2 min once',
    room: 1.5e9,
    programs: { versitygw: 'github.com/versity/versitygw/cmd/versitygw' },
    files: [],
    expects: ['versitygw'],
  },
};

function versionStamp() {
  const [major, minor] = KUBERNETES_VERSION.split('.');
  const values = { gitVersion: `v${KUBERNETES_VERSION}`, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return packages
    .flatMap((name) => Object.entries(values).map(([key, value]) => ` -X ${name}.${key}=${value}`))
    .join('');
}

/** Where a part is kept; another module file or main program is another folder. */
export function kubernetesFolder(root, name) {
  const { version, module } = PARTS[name];
  const folder = join(MODULES, module);
  const sources = readdirSync(folder)
    .toSorted()
    .map((file) => readFileSync(join(folder, file)));
  return join(root, name, `${version}-${sha256(Buffer.concat(sources)).slice(0, 12)}`);
}

/** The part's folder when all its programs are in it, or null. */
export function findKubernetes(root, name) {
  const folder = kubernetesFolder(root, name);
  return PARTS[name].expects.every((program) => isExecutable(join(folder, program))) ? folder : null;
}

/** A control plane that the environment names, if it is a whole one: etcd and the API server alone run no Job. */
export function namedControlPlane(env) {
  const folder = env.KUBEBUILDER_ASSETS;
  return folder && CONTROL_PLANE.every((program) => isExecutable(join(folder, program))) ? folder : null;
}

async function planPart(machine, name) {
  const part = PARTS[name];
  const named = name === 'kubernetes' ? namedControlPlane(machine.env) : null;
  const there = named ?? findKubernetes(machine.root, name);
  if (there !== null) return present(name, there);
  const release = name === 'kubernetes' ? await kubernetesRelease(machine, kubernetesFolder(machine.root, name)) : null;
  const ways = release === null ? [] : [release];
  const go = await goCanBuild(machine, part.needs);
  if (go.ok) ways.push(compile(machine, name));
  if (ways.length > 0) {
    return obtainable(name, { why: part.why, find: () => findKubernetes(machine.root, name), ways });
  }
  return impossible(name, {
    message: `${name} ${part.version} is not here, and there is no way to get it`,
    where: kubernetesFolder(machine.root, name),
    why: go.why,
    fix: 'install Go 1.26 or newer (https://go.dev/dl) and connect to its module proxy, then run the command again',
  });
}

function compile(machine, name) {
  const { version, size, time, room } = PARTS[name];
  return {
    how: `compiling ${name} ${version} with Go`,
    size,
    time,
    room,
    get: (task, scratch) => build(machine, name, task, scratch),
  };
}

async function build(machine, name, task, scratch) {
  const { module: own, programs, stamp, files, expects } = PARTS[name];
  const module = join(MODULES, own);
  const made = join(scratch, 'made');
  await goBuild(machine, { module, programs, stamp }, task, made);
  for (const { of, from, to } of files) {
    copyContents(join(await goModuleFolder(machine, module, of), from), join(made, to));
  }
  for (const program of expects) {
    if (!isExecutable(join(made, program))) symlinkSync(Object.keys(programs)[0], join(made, program));
  }
  const folder = kubernetesFolder(machine.root, name);
  moveIn(made, folder);
  removeTree(scratch);
  return folder;
}

/** Copies a file, or the manifests of a folder, without their modes: Go's module cache is read-only. */
function copyContents(from, to) {
  if (!statSync(from).isDirectory()) return writeFileSync(to, readFileSync(from));
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (name.endsWith('.yaml')) writeFileSync(join(to, name), readFileSync(join(from, name)));
  }
}

const planKubernetes = (machine) => planPart(machine, 'kubernetes');
const planKwok = (machine) => planPart(machine, 'kwok');
const planOperators = (machine) => planPart(machine, 'operators');
const planVolcano = (machine) => planPart(machine, 'volcano');
const planVersitygw = (machine) => planPart(machine, 'versitygw');

export const KUBERNETES_PLANNERS = {
  kubernetes: planKubernetes,
  kwok: planKwok,
  operators: planOperators,
  volcano: planVolcano,
  versitygw: planVersitygw,
};

/** Gets one part; for tests and by hand. */
export async function ensureKubernetes(machine, name) {
  return obtain(machine, await planPart(machine, name));
}
