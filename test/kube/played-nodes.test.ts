import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restAs } from '../cluster-support/cluster.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { playedJob, podOfJob, podsOf } from '../cluster-support/jobs.ts';
import { addNamespace, removeNamespace } from '../cluster-support/namespaces.ts';
import { apply } from '../cluster-support/objects.ts';
import { playLogOf } from '../cluster-support/played-nodes.ts';
import { PLAY } from '../cluster-support/played-stages.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
let namespace = '';

beforeAll(async () => {
  cluster = await sharedCluster();
  namespace = await addNamespace(cluster.rest, 'played');
}, CLUSTER_START_MS);

afterAll(async () => {
  await removeNamespace(cluster.rest, namespace);
  await cluster.stop();
});

async function submit(name: string, play: Readonly<Record<string, string>>, gpus?: string) {
  await apply(cluster.rest, [playedJob(namespace, name, { [PLAY.runFor]: '500ms', ...play }, gpus)]);
  return { namespace, name };
}

describe('a played node', () => {
  it('runs a Job with a GPU to its end', async () => {
    const job = await submit('good', {});
    const pod = await podOfJob(cluster.rest, job, ({ status }) => status.phase === 'Succeeded');
    expect(pod.spec.nodeName).toMatch(/^gpu-/);
    await eventually('the Job counts it', 20, async () => {
      const path = `/apis/batch/v1/namespaces/${namespace}/jobs/good`;
      return (await cluster.rest.want<{ status: { succeeded?: number } }>('GET', path)).status.succeeded === 1;
    });
  });

  it.each([
    ['fails with the exit code it is told', 'code', { [PLAY.outcome]: 'fail', [PLAY.exitCode]: '42' }, 42, 'Error'],
    ['is killed for its memory', 'oom', { [PLAY.outcome]: 'oom' }, 137, 'OOMKilled'],
  ])('plays a pod that %s', async (_title, name, play, exitCode, reason) => {
    const pod = await podOfJob(cluster.rest, await submit(name, play), ({ status }) => status.phase === 'Failed');
    expect(pod.status.containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode, reason });
  });

  it('plays a pod that is evicted', async () => {
    const job = await submit('evicted', { [PLAY.outcome]: 'evict' });
    const pod = await podOfJob(cluster.rest, job, ({ status }) => status.phase === 'Failed');
    expect(pod.status.reason).toBe('Evicted');
  });

  it('plays an image that cannot be pulled', async () => {
    const job = await submit('no-image', { [PLAY.outcome]: 'bad-image' });
    const pod = await podOfJob(cluster.rest, job, ({ status }) => status.containerStatuses !== undefined);
    expect(pod.status.containerStatuses?.[0]?.state.waiting?.reason).toBe('ImagePullBackOff');
  });

  it('leaves a pod that asks for too many GPUs to the scheduler, who says so', async () => {
    const job = await submit('huge', {}, '99');
    const pod = await podOfJob(cluster.rest, job, ({ status }) => status.conditions !== undefined);
    expect(pod.status.conditions?.find(({ type }) => type === 'PodScheduled')?.reason).toBe('Unschedulable');
  });

  it('keeps a hanging pod until its Job is deleted', async () => {
    const job = await submit('hang', { [PLAY.outcome]: 'hang' });
    await podOfJob(cluster.rest, job, ({ status }) => status.phase === 'Running');
    await cluster.rest.want('DELETE', `/apis/batch/v1/namespaces/${namespace}/jobs/hang?propagationPolicy=Foreground`);
    await eventually('its pod is gone', 20, async () => {
      return (await podsOf(cluster.rest, namespace, 'job-name=hang')).length === 0;
    });
  });

  it('serves the log that the test wrote for a pod', async () => {
    const job = await submit('logs', { [PLAY.outcome]: 'hang' });
    const pod = await podOfJob(cluster.rest, job, ({ status }) => status.phase === 'Running');
    await playLogOf(cluster, { namespace, name: pod.metadata.name }, ['epoch 1 loss 0.5', 'epoch 2 loss 0.25']);
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}/log`;
    const text = await eventually('the log', 20, async () => {
      const answer = await cluster.rest.want<string>('GET', path);
      return answer.includes('loss') ? answer : null;
    });
    expect(text).toBe('epoch 1 loss 0.5\nepoch 2 loss 0.25\n');
  });
});

describe('the API server', () => {
  it('lets the token user do what a role says and nothing else', async () => {
    const user = restAs(cluster, cluster.token);
    const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
    expect((await user.send('GET', jobs)).status).toBe(403);
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'reader', namespace } };
    await apply(cluster.rest, [
      { ...rbac, kind: 'Role', rules: [{ apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list'] }] },
      {
        ...rbac,
        kind: 'RoleBinding',
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'trainyard' }],
      },
    ]);
    await eventually('the role counts', 10, async () => (await user.send('GET', jobs)).status === 200);
    expect((await user.send('GET', `/api/v1/namespaces/${namespace}/pods`)).status).toBe(403);
    expect((await restAs(cluster, 'no-such-token').send('GET', '/api')).status).toBe(401);
    user.close();
  });

  it('shows its metrics', async () => {
    expect(await cluster.metrics()).toContain('apiserver_request_total');
  });
});
