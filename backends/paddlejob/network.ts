import type { JobRequest, RolePlan } from '../../domain/job.ts';
import { ALONE, hostsVariable, offsetOf, replicasOf } from '../shared/network.ts';
import type { JobNetwork } from '../shared/network.ts';
import type { PaddlejobBackendOptions } from './options.ts';
import type { PaddleRole } from './roles.ts';

/** Set by the operator, some through a ConfigMap that a variable of the user's would win over. */
const PROVIDED = [
  'POD_IP',
  'TRAINING_ROLE',
  'TRAINER_PORTS_NUM',
  'PADDLE_TRAINING_ROLE',
  'PADDLE_TRAINER_ID',
  'PADDLE_PORT',
  'PADDLE_TRAINER_ENDPOINTS',
  'PADDLE_TRAINERS',
  'PADDLE_TRAINERS_NUM',
  'PADDLE_PSERVERS_IP_PORT_LIST',
  'PADDLE_HETER_ENDPOINTS',
  'PADDLE_WITH_GLOO',
  'PADDLE_GLOO_RENDEZVOUS',
  'PADDLE_GLOO_HTTP_ENDPOINT',
];

/** Where the operator tells a part's addresses, and a shell's way to the first of them. */
const FIRST_HOST: Readonly<Record<PaddleRole, string>> = {
  worker: '${PADDLE_TRAINERS%%,*}',
  ps: '${PADDLE_PSERVERS_IP_PORT_LIST%%:*}',
  heter: '${PADDLE_HETER_ENDPOINTS%%:*}',
};

/**
 * The operator gives a replica its index only as a variable of its own, and the addresses of the others, unless each
 * has a Service, only when all of them have one: a shell in the replica passes them on.
 */
export function paddleNetwork(
  request: JobRequest,
  parts: ReadonlyMap<PaddleRole, RolePlan>,
  role: RolePlan,
  intranet: PaddlejobBackendOptions['intranet'],
): JobNetwork {
  if (replicasOf(request) === 1) return { ...ALONE, provided: PROVIDED };
  const partOf = new Map([...parts].map(([part, one]) => [one.name, part]));
  const first = request.plan.roles[0] ?? role;
  const firstPart = partOf.get(first.name) ?? 'worker';
  const hosts = (one: RolePlan): readonly string[] =>
    Array.from(
      { length: one.replicas },
      (_none, index) => `${request.name}-${partOf.get(one.name) ?? 'worker'}-${index}`,
    );
  const indices = role.replicas === 1 ? {} : indexVariables(offsetOf(request, role));
  if (intranet === 'Service') {
    return { index: null, master: hosts(first)[0] ?? null, hosts, computed: indices, provided: PROVIDED };
  }
  const master = FIRST_HOST[firstPart];
  const workers = parts.get('worker') ?? role;
  const lists = { [hostsVariable(workers)]: '$PADDLE_TRAINERS', VC_WORKER_HOSTS: '$PADDLE_TRAINERS' };
  const computed = { ...indices, PET_MASTER_ADDR: master, MASTER_ADDR: master, ...lists };
  return { index: null, master: null, hosts: () => null, computed, provided: PROVIDED };
}

function indexVariables(offset: number): Readonly<Record<string, string>> {
  const index = '$PADDLE_TRAINER_ID';
  const rank = offset === 0 ? index : `$((PADDLE_TRAINER_ID + ${offset}))`;
  return { PET_NODE_RANK: rank, NODE_RANK: rank, VC_TASK_INDEX: index, TASK_INDEX: index };
}
