import { describe, expect, it } from 'vitest';
import { CLUSTER_BACKENDS } from '../../../domain/pod-plan.ts';
import { loadSettings } from '../../../spec/settings.ts';
import { siteDryRun, siteManifest } from '../../../worker/site-rehearsal.ts';
import { exampleDocument, specOf } from '../../support/render-spec.ts';

const SITES = `sites:
  gpu: { namespace: ml, workspace: { root: /workspace, claim: shared }, kubeconfig: /nowhere/kubeconfig }
`;

function settings(file: string | null) {
  return loadSettings({ env: {}, file, dev: null, directory: '/nowhere' });
}

function digits(...set: readonly string[]) {
  return specOf(exampleDocument('digits/trainyard.yaml'), ...set);
}

describe('what a spec would make', () => {
  it.each(CLUSTER_BACKENDS)('is rendered for %s without a cluster: both jobs, in the namespace of the site', (kind) => {
    const { site, objects } = siteManifest(settings(SITES), digits(`backend.kind=${kind}`));
    expect(site).toBe('gpu');
    const names = objects.map(({ metadata }) => metadata.name);
    expect(names).toContain('digits-aaaaaaaa-t1');
    expect(names.at(-1)).toBe('digits-aaaaaaaa-p1');
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['ml']));
  });

  it('is rendered for the site that deploy/kubernetes sets up where the settings have none', () => {
    const { site, objects } = siteManifest(settings(null), digits('backend.kind=volcano'));
    expect(site).toBeNull();
    expect(JSON.stringify(objects)).toContain('"claimName":"trainyard-workspace"');
  });

  it.each([
    ['kubernetes-job', 'backend.queue=team', 'kueue.x-k8s.io/queue-name'],
    ['kubernetes-job', 'backend.gang=volcano', 'scheduling.volcano.sh'],
    ['trainjob', 'backend.queue=team', 'kueue.x-k8s.io/queue-name'],
    ['paddlejob', 'backend.queue=team', '"queue":"team"'],
  ])('is that of a cluster that has what %s with %s needs', (kind, set, expected) => {
    const { objects } = siteManifest(settings(SITES), digits(`backend.kind=${kind}`, set));
    expect(JSON.stringify(objects)).toContain(expected);
  });

  it('is nothing on this machine, for either way of asking', async () => {
    const code = { code: 'TY_CLI_USAGE' };
    expect(() => siteManifest(settings(SITES), digits())).toThrow(expect.objectContaining(code));
    await expect(siteDryRun(settings(SITES), digits())).rejects.toMatchObject(code);
  });

  it('cannot be asked of a site that is not in the settings', async () => {
    const spec = digits('backend.kind=volcano', 'backend.site=other');
    expect(() => siteManifest(settings(null), spec)).toThrow(expect.objectContaining({ code: 'TY_SPEC_SITE' }));
    await expect(siteDryRun(settings(SITES), spec)).rejects.toMatchObject({ code: 'TY_SPEC_SITE' });
  });

  it('cannot be asked of a cluster that is out of reach, and the error names the site', async () => {
    await expect(siteDryRun(settings(SITES), digits('backend.kind=volcano'))).rejects.toThrow('/nowhere/kubeconfig');
  });
});
