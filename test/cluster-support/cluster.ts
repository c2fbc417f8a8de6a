import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Authority } from './certificates.ts';
import { Children } from './children.ts';
import { ready, startControlPlane } from './control-plane.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import type { Credential } from './kubeconfig.ts';
import { PLAYED_NODES, startPlayedNodes } from './played-nodes.ts';
import type { PlayedNode } from './played-nodes.ts';
import { Rest } from './rest.ts';
import { stateFolder } from './state-folder.ts';

/** What a test needs to know to speak with a cluster; plain data. */
export interface ClusterFacts {
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  readonly caFile: string;
  /** Of the administrator. */
  readonly kubeconfig: string;
  readonly stateDir: string;
  readonly admin: { readonly cert: string; readonly key: string };
  /** The bearer token of the user `trainyard`, who has no role. */
  readonly token: string;
}

export interface Cluster extends ClusterFacts {
  /** As the administrator. */
  readonly rest: Rest;
  /** A kubeconfig, as a path, of somebody else: a bearer token or a certificate. */
  kubeconfigFor(credential: Credential, namespace?: string): string;
  /** A token of a service account, for as long as the API server gives it: an hour. */
  serviceAccountToken(namespace: string, name: string): Promise<string>;
  /** The API server's own metrics, in Prometheus' text form. */
  metrics(): Promise<string>;
  /** Names of what runs: `etcd`, `kube-apiserver`, `kube-controller-manager`, `kube-scheduler`, `kwok`, `localnode`, … */
  names(): Promise<readonly string[]>;
  kill(name: string, signal?: NodeJS.Signals): Promise<void>;
  /** Ends the program if it runs, starts it with the same arguments, and waits for an API server to answer. */
  restart(name: string): Promise<void>;
  /** Ends all and removes the state. */
  stop(): Promise<void>;
}

/** A cluster whose programs are children of this process; operators and nodes are added to it. */
export interface OwnCluster extends Cluster {
  readonly authority: Authority;
  readonly children: Children;
}

export interface ClusterOptions {
  /** Nodes to play; none starts no KWOK. */
  readonly playedNodes?: readonly PlayedNode[];
  /** Further arguments of the API server, such as an audit log. */
  readonly apiServerArgs?: readonly string[];
}

/** Starts a real control plane on free ports of loopback, with played nodes. Takes about 15 s and 600 MB. */
export async function startCluster(options: ClusterOptions = {}): Promise<OwnCluster> {
  if (process.platform !== 'linux') throw new Error('the test cluster runs its programs under Linux only');
  const stateDir = stateFolder();
  const children = new Children(stateDir);
  try {
    const authority = new Authority(join(stateDir, 'pki'));
    const { server, admin, token, rest } = await startControlPlane(
      stateDir,
      authority,
      children,
      options.apiServerArgs,
    );
    const nodes = options.playedNodes ?? PLAYED_NODES;
    if (nodes.length > 0) await startPlayedNodes({ rest, server, stateDir }, authority, children, nodes);
    const caFile = authority.ca.cert;
    const kubeconfig = writeKubeconfig(join(stateDir, 'admin.kubeconfig'), { server, caFile }, admin);
    return ownCluster({ server, caFile, kubeconfig, stateDir, admin, token }, rest, authority, children);
  } catch (error) {
    await children.stop();
    rmSync(stateDir, { recursive: true, force: true });
    throw error;
  }
}

function ownCluster(facts: ClusterFacts, rest: Rest, authority: Authority, children: Children): OwnCluster {
  return {
    ...connectCluster(facts, rest),
    authority,
    children,
    names: () => Promise.resolve(children.names()),
    kill: (name, signal) => children.kill(name, signal),
    async restart(name) {
      await children.restart(name);
      if (name !== 'kube-apiserver' && name !== 'etcd') return;
      await ready(children, name, async () => (await rest.send('GET', '/readyz')).status === 200);
    },
    async stop() {
      rest.close();
      await children.stop();
      rmSync(facts.stateDir, { recursive: true, force: true });
    },
  };
}

let kubeconfigs = 0;

/** What can be done with a cluster by talking to its API server. */
export function connectCluster(
  facts: ClusterFacts,
  rest = adminRest(facts),
): Omit<Cluster, 'names' | 'kill' | 'restart' | 'stop'> {
  return {
    ...facts,
    rest,
    kubeconfigFor(credential, namespace) {
      kubeconfigs += 1;
      const file = join(facts.stateDir, `user-${process.pid}-${kubeconfigs}.kubeconfig`);
      return writeKubeconfig(file, facts, credential, namespace);
    },
    async serviceAccountToken(namespace, name) {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
      const { status } = await rest.want<{ status: { token: string } }>('POST', path, request);
      return status.token;
    },
    metrics: () => rest.want<string>('GET', '/metrics'),
  };
}

/** Somebody's view of the cluster by their token. */
export function restAs(facts: ClusterFacts, token: string): Rest {
  return new Rest({ server: facts.server, ca: readFileSync(facts.caFile, 'utf8'), token });
}

function adminRest({ server, caFile, admin }: ClusterFacts): Rest {
  const read = (file: string) => readFileSync(file, 'utf8');
  return new Rest({ server, ca: read(caFile), cert: read(admin.cert), key: read(admin.key) });
}
