import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority, Identity } from './certificates.ts';
import type { Children } from './children.ts';
import { eventually } from './eventually.ts';
import { flags } from './flags.ts';
import { freePorts } from './free-ports.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { programsOf } from './programs.ts';
import { Rest } from './rest.ts';

/** A user with a static token who may do nothing until a role says so. */
export const TOKEN_USER = 'trainyard';

export interface ControlPlane {
  readonly server: string;
  readonly admin: Identity;
  readonly token: string;
  readonly rest: Rest;
}

/** Starts etcd, API server, controllers and scheduler on free ports of loopback and waits until they work. */
export async function startControlPlane(
  stateDir: string,
  authority: Authority,
  children: Children,
  apiServerArgs: readonly string[] = [],
): Promise<ControlPlane> {
  const [etcdPort = 0, peerPort = 0, apiPort = 0, controllersPort = 0, schedulerPort = 0] = await freePorts(5);
  const server = `https://127.0.0.1:${apiPort}`;
  const programs = programsOf('kubernetes');
  const token = randomBytes(16).toString('hex');
  const admin = authority.issue('admin', 'admin', 'system:masters');

  startEtcd(join(programs, 'etcd'), children, stateDir, etcdPort, peerPort);
  children.start('kube-apiserver', join(programs, 'kube-apiserver'), [
    ...apiServer(stateDir, authority, token, { apiPort, etcdPort }),
    ...apiServerArgs,
  ]);
  const rest = new Rest({
    server,
    ca: readFileSync(authority.ca.cert, 'utf8'),
    cert: readFileSync(admin.cert, 'utf8'),
    key: readFileSync(admin.key, 'utf8'),
  });
  await ready(children, 'kube-apiserver', async () => (await rest.send('GET', '/readyz')).status === 200);

  const config = (name: string, user: string) =>
    writeKubeconfig(
      join(stateDir, `${name}.kubeconfig`),
      { server, caFile: authority.ca.cert },
      authority.issue(name, user, 'trainyard-tests'),
    );
  const controllers = flags({
    ...common(controllersPort),
    kubeconfig: config('controllers', 'system:kube-controller-manager'),
    'use-service-account-credentials': true,
    'root-ca-file': authority.ca.cert,
    'service-account-private-key-file': authority.serviceAccounts.key,
    'kube-api-qps': 200,
    'kube-api-burst': 400,
  });
  children.start('kube-controller-manager', join(programs, 'kube-controller-manager'), controllers);
  const scheduler = flags({ ...common(schedulerPort), kubeconfig: config('scheduler', 'system:kube-scheduler') });
  children.start('kube-scheduler', join(programs, 'kube-scheduler'), scheduler);
  await ready(children, 'kube-controller-manager', async () => {
    const answer = await rest.send('GET', '/api/v1/namespaces/default/serviceaccounts/default');
    return answer.status === 200;
  });
  return { server, admin, token, rest };
}

function common(port: number) {
  return { 'bind-address': '127.0.0.1', 'secure-port': port, 'leader-elect': 'false' };
}

function startEtcd(program: string, children: Children, stateDir: string, port: number, peer: number): void {
  const client = `http://127.0.0.1:${port}`;
  const peers = `http://127.0.0.1:${peer}`;
  const etcd = flags({
    name: 'one',
    'data-dir': join(stateDir, 'etcd'),
    'log-level': 'warn',
    // A test cluster need not outlive a power cut.
    'unsafe-no-fsync': true,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `one=${peers}`,
  });
  children.start('etcd', program, etcd);
}

function apiServer(
  stateDir: string,
  authority: Authority,
  token: string,
  ports: { readonly apiPort: number; readonly etcdPort: number },
): readonly string[] {
  const serving = authority.issue(
    'apiserver',
    'kube-apiserver',
    'trainyard-tests',
    'IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default.svc',
  );
  const kubelets = authority.issue('kubelet-client', 'apiserver-kubelet-client', 'system:masters');
  const tokens = join(stateDir, 'tokens.csv');
  writeFileSync(tokens, `${token},${TOKEN_USER},${TOKEN_USER}-uid,${TOKEN_USER}-users\n`, { mode: 0o600 });
  return flags({
    'etcd-servers': `http://127.0.0.1:${ports.etcdPort}`,
    'bind-address': '127.0.0.1',
    'advertise-address': '127.0.0.1',
    'secure-port': ports.apiPort,
    'endpoint-reconciler-type': 'none',
    'service-cluster-ip-range': '10.96.0.0/16',
    'tls-cert-file': serving.cert,
    'tls-private-key-file': serving.key,
    'client-ca-file': authority.ca.cert,
    'token-auth-file': tokens,
    'kubelet-client-certificate': kubelets.cert,
    'kubelet-client-key': kubelets.key,
    'kubelet-certificate-authority': authority.ca.cert,
    'kubelet-preferred-address-types': 'InternalIP',
    'authorization-mode': 'Node,RBAC',
    'allow-privileged': true,
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': authority.serviceAccounts.publicKey,
    'service-account-signing-key-file': authority.serviceAccounts.key,
    profiling: 'false',
  });
}

/** Waits for a program, and says what it last wrote when it does not come. */
export async function ready(children: Children, name: string, ask: () => Promise<boolean>): Promise<void> {
  try {
    await eventually(`${name} answers`, 90, async () => {
      if (!children.isRunning(name)) throw new Error('it has ended');
      return ask();
    });
  } catch (error) {
    throw new Error(`${String(error)}; it last wrote:\n${children.lastLines(name)}`, { cause: error });
  }
}
