import { chmodSync, createReadStream, mkdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { moveIn, removeTree } from './cache.mjs';
import { answers, download, fetchText } from './net.mjs';
import { installRelease } from './release.mjs';

export const KUBERNETES_VERSION = '1.36.3';
const ETCD_VERSION = '3.6.8';
const PROGRAMS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];

/** The published programs of the control plane; null where they do not answer. They are built for Linux only. */
export async function kubernetesRelease(machine, folder) {
  if (machine.platform !== 'linux') return null;
  const arch = machine.arch === 'x64' ? 'amd64' : machine.arch;
  const base = `https://dl.k8s.io/release/v${KUBERNETES_VERSION}/bin/linux/${arch}`;
  const etcd = `https://github.com/etcd-io/etcd/releases/download/v${ETCD_VERSION}`;
  const archive = `etcd-v${ETCD_VERSION}-linux-${arch}.tar.gz`;
  const there = await Promise.all([answers(`${base}/kube-apiserver`), answers(`${etcd}/${archive}`)]);
  if (there.includes(false)) return null;
  return {
    how: `Kubernetes ${KUBERNETES_VERSION} from dl.k8s.io, etcd ${ETCD_VERSION} from github.com`,
    size: '350 MB',
    time: '1 min',
    async get(task, scratch) {
      const made = join(scratch, 'made');
      mkdirSync(made);
      const unpacked = join(scratch, 'etcd');
      mkdirSync(unpacked);
      const member = `etcd-v${ETCD_VERSION}-linux-${arch}/etcd`;
      const release = { folder: etcd, archive, sums: 'SHA256SUMS', member, path: join(made, 'etcd') };
      await installRelease(release, task, unpacked);
      for (const program of PROGRAMS) await checkedProgram(`${base}/${program}`, join(made, program), task);
      moveIn(made, folder);
      removeTree(scratch);
      return folder;
    },
  };
}

/** Each program is published beside a file that holds its sha256 alone. */
async function checkedProgram(url, path, task) {
  const expected = (await fetchText(`${url}.sha256`)).trim();
  await download(url, path, task);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const actual = hash.digest('hex');
  if (actual !== expected) throw new Error(`${url} has sha256 ${actual}, published is ${expected}`);
  chmodSync(path, 0o755);
}
