import type { JobRequest, RolePlan } from '../../domain/job.ts';
import { ALONE, hostsVariable, offsetOf, rendezvousPort, replicasOf } from '../shared/network.ts';
import type { JobNetwork } from '../shared/network.ts';

/** Where Volcano writes a pod's index in its task. */
export const INDEX_KEY = 'volcano.sh/task-index';

/** The plugins `svc` and `env`: pods are `<job>-<task>-<index>` under a Service of the job's name. */
export function volcanoNetwork(request: JobRequest, role: RolePlan, least: number | null): JobNetwork {
  if (replicasOf(request) === 1) return ALONE;
  const host = (of: RolePlan, index: number): string => `${request.name}-${of.name}-${index}.${request.name}`;
  const [first = role] = request.plan.roles;
  const master = host(first, 0);
  const offset = offsetOf(request, role);
  const sum = `$((${offset} + VC_TASK_INDEX))`;
  const behind = offset > 0 && role.replicas > 1;
  return {
    index: { fieldPath: `metadata.annotations['${INDEX_KEY}']` },
    master,
    hosts: (of) => Array.from({ length: of.replicas }, (_none, index) => host(of, index)),
    computed: {
      ...(behind ? { NODE_RANK: sum, PET_NODE_RANK: sum } : {}),
      // Not every torchrun knows its own pod by the name the others call it.
      ...(least === null ? {} : { PET_RDZV_CONF: 'is_host=$((VC_TASK_INDEX == 0))' }),
    },
    provided: ['VC_TASK_INDEX', ...request.plan.roles.map(hostsVariable)],
    ...(least === null ? {} : { agent: elasticAgent(request, master, least) }),
  };
}

/** torchrun's own rendezvous: replicas may come and go between the least and all. */
function elasticAgent(request: JobRequest, master: string, least: number): Readonly<Record<string, string>> {
  return {
    PET_NNODES: `${least}:${replicasOf(request)}`,
    PET_RDZV_BACKEND: 'c10d',
    PET_RDZV_ENDPOINT: `${master}:${rendezvousPort(request)}`,
    PET_RDZV_ID: request.name,
  };
}
