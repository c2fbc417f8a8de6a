import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findKubernetes, kubernetesFolder, namedControlPlane } from '../../../scripts/setup/kubernetes.mjs';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trainyard-kubernetes-'));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function programs(folder: string, names: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    writeFileSync(join(folder, name), '');
    chmodSync(join(folder, name), 0o755);
  }
}

const CONTROL_PLANE = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];

describe('findKubernetes', () => {
  it('finds a part only when every program of it is there', () => {
    const folder = kubernetesFolder(root, 'operators');
    programs(folder, ['jobset']);
    expect(findKubernetes(root, 'operators')).toBeNull();
    programs(folder, ['trainer']);
    expect(findKubernetes(root, 'operators')).toBe(folder);
  });

  it('keeps each version of each part in a folder of its own', () => {
    const folders = (['kubernetes', 'kwok', 'operators', 'volcano', 'versitygw'] as const).map((name) =>
      kubernetesFolder(root, name),
    );
    expect(new Set(folders).size).toBe(5);
    expect(folders[0]).toMatch(/kubernetes\/1\.\d+\.\d+-[0-9a-f]{12}$/);
  });
});

describe('namedControlPlane', () => {
  it('takes programs that the environment names when the control plane is whole', () => {
    programs(root, CONTROL_PLANE);
    expect(namedControlPlane({ KUBEBUILDER_ASSETS: root })).toBe(root);
  });

  it('passes over the usual three programs, which run no Job', () => {
    programs(root, ['etcd', 'kube-apiserver', 'kubectl']);
    expect(namedControlPlane({ KUBEBUILDER_ASSETS: root })).toBeNull();
  });
});
