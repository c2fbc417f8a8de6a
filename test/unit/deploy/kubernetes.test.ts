import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accessObjects } from '../../../adapters/kubernetes/rbac/objects.ts';
import { CLUSTER_BACKENDS } from '../../../domain/pod-plan.ts';
import { at, listAt, textAt } from '../../../domain/json.ts';
import { deployFiles } from '../../../scripts/reference/deploy-files.ts';
import { loadSettings } from '../../../spec/settings.ts';
import { DEPLOY, documentsOf, filesOf, objectsOf } from '../../support/deploy-manifests.ts';

const base = objectsOf('base');
const find = (kind: string, name: string) =>
  base.find((object) => object.kind === kind && object.metadata.name === name);
const pod = at(find('Deployment', 'trainyard-worker'), 'spec', 'template', 'spec');
const [container] = listAt(pod, 'containers');
const mounts = listAt(container, 'volumeMounts');
const settings = loadSettings({
  env: {},
  file: readFileSync(join(DEPLOY, 'base', 'config.yaml'), 'utf8'),
  dev: null,
  directory: '/',
});

function claimAt(path: string): string | null {
  const mount = mounts.find((one) => at(one, 'mountPath') === path);
  const volume = listAt(pod, 'volumes').find((one) => at(one, 'name') === at(mount, 'name'));
  return textAt(volume, 'persistentVolumeClaim', 'claimName');
}

describe('deploy/kubernetes', () => {
  it('is YAML throughout, and names no namespace: kustomize does', () => {
    for (const folder of ['base', 'cluster-read']) {
      for (const file of filesOf(folder)) expect(() => documentsOf(file), file).not.toThrow();
      for (const object of objectsOf(folder)) expect(object.metadata.namespace, object.kind).toBeUndefined();
    }
  });

  it('grants exactly the rights of the table', () => {
    for (const [file, text] of Object.entries(deployFiles())) {
      expect(readFileSync(join(DEPLOY, '..', '..', file), 'utf8'), file).toBe(text);
    }
    const request = { namespace: null, serviceAccount: 'trainyard', backends: CLUSTER_BACKENDS, exec: false };
    const granted = accessObjects({ ...request, clusterRole: true });
    expect([...documentsOf('base/role.yaml'), ...documentsOf('cluster-read/cluster-role.yaml')]).toEqual(granted);
  });

  it('runs the worker as the service account that has them', () => {
    expect(at(pod, 'serviceAccountName')).toBe('trainyard');
    expect(find('ServiceAccount', 'trainyard')).toBeDefined();
    expect(at(container, 'command')).toEqual(['trainyard', 'worker']);
  });

  it('mounts the claim of the site where its settings say, and pods can write what the worker makes', () => {
    const [site] = Object.values(settings.sites);
    expect(claimAt(site?.workspace.root ?? '')).toBe(site?.workspace.claim);
    expect(settings.workspace).toBe(site?.workspace.root);
    expect(site?.runAs).toEqual({
      user: at(pod, 'securityContext', 'runAsUser'),
      group: at(pod, 'securityContext', 'runAsGroup'),
    });
  });

  it('has every claim it mounts, and the workspace can be mounted by several nodes', () => {
    for (const volume of listAt(pod, 'volumes')) {
      const claim = textAt(volume, 'persistentVolumeClaim', 'claimName');
      if (claim !== null) expect(find('PersistentVolumeClaim', claim), claim).toBeDefined();
    }
    expect(at(find('PersistentVolumeClaim', 'trainyard-workspace'), 'spec', 'accessModes')).toEqual(['ReadWriteMany']);
  });

  it('keeps credentials off the claim that jobs mount', () => {
    expect(claimAt('/home/trainyard/.config/trainyard')).toBe('trainyard-credentials');
    expect(claimAt('/workspace')).not.toBe('trainyard-credentials');
  });

  it('gives the worker no more than the restricted pod security standard, and a disk it cannot write', () => {
    expect(at(pod, 'securityContext')).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(at(container, 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
    expect(['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => at(pod, field) !== undefined)).toEqual([]);
  });

  it('gives the worker time to drain', () => {
    expect(Number(at(pod, 'terminationGracePeriodSeconds'))).toBeGreaterThanOrEqual(40);
  });
});
