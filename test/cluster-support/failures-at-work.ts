import { expect } from 'vitest';
import { eventually } from './eventually.ts';
import { jobPath, shell } from './failure-case.ts';
import type { FailureCase } from './failure-case.ts';
import { podsOf } from './jobs.ts';
import { addLostNode } from './lost-node.ts';
import { apply } from './objects.ts';
import { PLAY } from './played-stages.ts';
import { sameAgain } from './same-again.ts';

/** What ends jobs that run. */
export const FAILURES_AT_WORK = {
  oom: [
    'tells the memory that was asked for, of a process the kernel ended for it',
    async ({ site, request, fails }) => {
      const argv = ['python3', '-c', 'x = bytearray(400 * 1024 * 1024)'];
      const job = request({ argv, resources: { memoryBytes: 64 * 2 ** 20 } });
      await site.start(job);
      const cause = { kind: 'oom', code: 'TY_JOB_OOM', budget: 'code', rank: 0, exitCode: 137 } as const;
      await fails(job, cause, /train rank 0 was ended for its memory: 64 MiB asked for/);
    },
  ],
  evicted: [
    'lays an eviction to the cluster',
    async ({ site, request, fails }) => {
      site.play({ [PLAY.outcome]: 'evict', [PLAY.runFor]: '300ms' });
      const job = request({ on: 'played' });
      await site.start(job);
      const cause = { kind: 'evicted', code: 'TY_JOB_EVICTED', budget: 'infrastructure', rank: 0 } as const;
      await fails(job, cause, /train rank 0 was evicted from its node .*low on resource: memory/);
    },
  ],
  preempted: [
    'lays a preemption to the cluster',
    async ({ cluster, site, request, fails }) => {
      const priority = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'urgent' } };
      await apply(cluster.rest, [{ ...priority, value: 1000 }]);
      site.play({ [PLAY.outcome]: 'hang' });
      const accelerators = [{ profile: 'nvidia', count: 1, cores: null, memoryBytes: null }];
      const nodeSelector = { 'kubernetes.io/hostname': 'gpu-small' };
      const job = request({ on: 'played', pod: { accelerators, nodeSelector } });
      await site.start(job);
      await site.when(job, ({ phase }) => phase === 'running');
      const limits = { 'nvidia.com/gpu': '1' };
      const containers = [{ name: 'urgent', image: 'registry.test/x:1', resources: { limits } }];
      const spec = { priorityClassName: 'urgent', nodeSelector, containers, restartPolicy: 'Never' };
      const metadata = { name: 'urgent', namespace: site.namespace, annotations: { [PLAY.outcome]: 'hang' } };
      await apply(cluster.rest, [{ apiVersion: 'v1', kind: 'Pod', metadata, spec }]);
      const cause = { kind: 'preempted', code: 'TY_JOB_PREEMPTED', budget: 'infrastructure', rank: 0 } as const;
      await fails(job, cause, /train rank 0 had to make room for a job of higher priority on its node gpu-small/);
    },
  ],
  'node-lost': [
    'lays a lost node to the cluster, though nobody is there to end its pod',
    async ({ cluster, site, request, fails }) => {
      const node = await addLostNode(cluster);
      try {
        site.play({ [PLAY.outcome]: 'stuck' });
        const job = request({
          on: 'played',
          pod: { nodeSelector: node.nodeSelector, tolerations: node.tolerations },
        });
        await site.start(job);
        await site.when(job, ({ phase }) => phase === 'running');
        await node.lose();
        const cause = { kind: 'node-lost', code: 'TY_JOB_NODE_LOST', budget: 'infrastructure', rank: 0 } as const;
        await fails(job, cause, new RegExp(`train rank 0 was lost with its node ${node.name}`));
      } finally {
        await node.remove();
      }
    },
  ],
  'exit-code': [
    'names the rank that died first, its exit code and its last lines, though its peers died of it later',
    async ({ site, request, fails }) => {
      const script = [
        'if [ "$TASK_INDEX" = 1 ]; then sleep 1; echo epoch 1; echo "KeyError: labels" >&2; exit 7; fi',
        'trap "sleep 1; echo lost my peer; exit 1" TERM',
        'sleep 3 & wait; sleep 2; exit 1',
      ];
      const job = request({ argv: shell(script.join('\n')), role: { replicas: 2 } });
      await site.start(job);
      const cause = { kind: 'exit-code', code: 'TY_JOB_EXIT_CODE', budget: 'code', rank: 1, exitCode: 7 } as const;
      const status = await fails(job, cause, /train rank 1 ended with exit code 7/);
      expect(status.cause?.lastLines).toEqual(['epoch 1', 'KeyError: labels']);
    },
  ],
  deleted: [
    'says so when somebody deletes the job, and not that its processes were ended',
    async ({ cluster, kind, site, request, fails }) => {
      const job = request({ argv: shell('echo up; while :; do sleep 0.1; done') });
      await site.start(job);
      await site.when(job, ({ phase }) => phase === 'running');
      await cluster.rest.want('DELETE', `${jobPath(kind, site, job.name)}?propagationPolicy=Background`);
      const cause = { kind: 'lost', code: 'TY_JOB_LOST', budget: 'infrastructure' } as const;
      await fails(job, cause, /was deleted, and not by Trainyard/);
      expect(site.progress.join('\n')).toContain('looking again');
      await eventually('nothing of it is left', 20, async () => {
        return (await podsOf(cluster.rest, site.namespace, `trainyard.dev/job=${job.name}`)).length === 0;
      });
    },
  ],
  recreated: [
    'takes another object of the same name for what it is, and leaves it alone',
    async ({ cluster, kind, site, request, fails }) => {
      const job = request({ argv: shell('while :; do sleep 0.1; done') });
      await site.start(job);
      await site.when(job, ({ phase }) => phase === 'running');
      const path = jobPath(kind, site, job.name);
      const uid = await sameAgain(cluster.rest, path);
      const cause = { kind: 'lost', code: 'TY_JOB_LOST', budget: 'infrastructure' } as const;
      await fails(job, cause, /was deleted/);
      await site.jobs.cancel(job.name, 1);
      const { metadata } = await cluster.rest.want<{ metadata: Readonly<Record<string, unknown>> }>('GET', path);
      expect(metadata).toMatchObject({ uid });
      expect(metadata['deletionTimestamp']).toBeUndefined();
    },
  ],
} as const satisfies Readonly<Record<string, FailureCase>>;
