import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeApi } from '../../adapters/kubernetes/api.ts';
import { applyAccess } from '../../adapters/kubernetes/rbac/apply.ts';
import { accessObjects } from '../../adapters/kubernetes/rbac/objects.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { restAs } from '../cluster-support/cluster.ts';
import { TOKEN_USER } from '../cluster-support/control-plane.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { openPodWorker } from '../cluster-support/pod-worker.ts';
import type { PodWorker } from '../cluster-support/pod-worker.ts';
import { programsOf } from '../cluster-support/programs.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';
import { runCli } from '../support/cli-process.ts';
import type { World } from '../support/world.ts';

/** Both ranks go on until somebody has said so from outside. */
const TRAIN = [
  'echo "rank $NODE_RANK has begun"',
  'while [ ! -e "$TRAINYARD_OUTPUT_DIR/enough" ]; do sleep 0.2; done',
  'echo "rank $NODE_RANK has seen enough"',
].join('\n');

let cluster: Cluster;
let on: PodWorker;
let person: Pick<World, 'folder' | 'env'>;
let runId = '';

beforeAll(async () => {
  cluster = await sharedCluster();
  on = await openPodWorker(cluster);
  await grant(false);
  person = await on.person(cluster.kubeconfigFor({ token: cluster.token }));
  const sdk = await on.world.sdk();
  const run = await sdk.start(
    on.world.spec({
      recipe: { kind: 'command', command: ['sh', '-c', TRAIN] },
      compute: { image: 'registry.test/train:1', replicas: 2 },
      backend: { kind: 'kubernetes-job', site: 'gpu' },
      package: { kind: 'none' },
      evaluate: undefined,
      serve: { kind: 'none' },
    }),
  );
  runId = run.runId;
  await eventually('both ranks write', 120, async () => {
    const { stdout, stderr } = await cli(['run', 'logs', runId]);
    if (stdout.includes('rank 0 has begun') && stdout.includes('rank 1 has begun')) return true;
    throw new Error(`${stderr}${stdout}\n${JSON.stringify(await sdk.get(runId))}`);
  });
}, CLUSTER_START_MS + 240_000);

afterAll(async () => {
  await on?.close();
  await cluster.stop();
});

const cli = (args: readonly string[], options?: Parameters<typeof runCli>[2]) => runCli(person, args, options);

/** What an administrator does: `trainyard rbac --for people --user … --apply`. */
async function grant(exec: boolean): Promise<void> {
  const api = await createKubeApi({ kubeconfig: cluster.kubeconfig, context: null });
  const people = [{ kind: 'User', name: TOKEN_USER }] as const;
  const wish = { namespace: on.namespace, serviceAccount: '', backends: [], clusterRole: false, exec, people } as const;
  expect(await applyAccess(api, accessObjects(wish))).toEqual([
    'role/trainyard-people',
    'rolebinding/trainyard-people',
  ]);
  api.close();
}

describe('somebody who has only a kubeconfig and the token of the files', () => {
  it('reads the logs of every rank from the worker in its pod', async () => {
    const { code, stdout } = await cli(['run', 'logs', runId, '--rank', '1']);
    expect(code).toBe(0);
    expect(stdout).toContain('rank 1 has begun');
    expect(stdout).not.toContain('rank 0');
  });

  it('may run no command in a rank until that right is given too', async () => {
    const refused = await cli(['run', 'exec', runId, '--rank', '1', '--', 'id']);
    expect(refused.stderr).toContain('TY_CLUSTER_FORBIDDEN');
    expect(refused.code).not.toBe(0);
    await grant(true);
    const script = 'echo "$NODE_RANK in $PWD"; cat; echo "no such thing" >&2; exit 42';
    const done = await cli(['run', 'exec', runId, '--rank', '1', '--stdin', '--', 'sh', '-c', script], {
      input: 'typed\n',
    });
    expect(done).toEqual({ code: 42, stdout: '1 in /code\ntyped\n', stderr: 'no such thing\n' });
  });

  it('may do nothing beyond: no pod, log, secret or job is read or changed, here or elsewhere', async () => {
    const rest = restAs(cluster, cluster.token);
    const own = `/api/v1/namespaces/${on.namespace}`;
    const denied = [
      ['POST', `${own}/pods`],
      ['PATCH', `${own}/pods/${on.pod}`],
      ['DELETE', `${own}/pods/${on.pod}`],
      ['GET', `${own}/pods/${on.pod}/log`],
      ['GET', `${own}/pods/${on.pod}/attach`],
      ['GET', `${own}/pods/${on.pod}/proxy/`],
      ['GET', `${own}/secrets`],
      ['GET', `${own}/configmaps`],
      ['POST', `${own}/serviceaccounts/worker/token`],
      ['GET', `/apis/batch/v1/namespaces/${on.namespace}/jobs`],
      ['GET', '/api/v1/pods'],
      ['GET', '/api/v1/namespaces/default/pods'],
      ['GET', '/api/v1/namespaces/default/pods/any/portforward'],
    ] as const;
    const answers = await Promise.all(
      denied.map(async ([method, path]) => [`${method} ${path}`, (await rest.send(method, path)).status] as const),
    );
    rest.close();
    expect(answers.filter(([, status]) => status !== 403)).toEqual([]);
  });

  it('is given the token as the guide says, by the real kubectl', () => {
    const command = ['exec', '-n', on.namespace, on.pod, '--', 'cat', `${on.root}/files-token`];
    const kubectl = join(programsOf('kubernetes'), 'kubectl');
    const token = execFileSync(kubectl, ['--kubeconfig', cluster.kubeconfig, ...command], { encoding: 'utf8' });
    expect(token.trim()).toMatch(/^[\w-]{43}$/);
  });

  it('follows the logs to the end of a run, which a command in a rank brings about', async () => {
    const followed = cli(['run', 'logs', runId, '-f'], { env: { TEMPORAL_ADDRESS: on.temporal.address } });
    const path = '$TRAINYARD_OUTPUT_DIR/enough';
    const { code } = await cli(['run', 'exec', runId, '--rank', '0', '--', 'sh', '-c', `touch "${path}"`]);
    expect(code).toBe(0);
    const { stdout } = await followed;
    expect(stdout).toContain('rank 0 has seen enough');
    expect(stdout).toContain('rank 1 has seen enough');
  });
});
