import { describe, expect, it, vi } from 'vitest';
import { run as runDoctor } from '../../../../../client/cli/commands/doctor.ts';
import { run } from '../../../../../client/cli/commands/rbac.ts';
import type { Composition } from '../../../../../client/cli/context.ts';
import { loadSettings } from '../../../../../spec/settings.ts';
import { fakeContext, input } from '../fake-context.ts';

const YAML = 'kind: Role\nmetadata: {name: trainyard}\n---\nkind: RoleBinding\nmetadata: {name: trainyard}\n';
const ONE_SITE = 'sites: {gpu: {namespace: ml, workspace: {root: /w, claim: shared}}}';

function composed(wish: Partial<Composition>) {
  return () => Promise.resolve(wish as Composition);
}

function settingsOf(file: string) {
  return loadSettings({ env: {}, file, dev: null, directory: '/nowhere' });
}

describe('rbac', () => {
  it('prints the roles as they are, for kubectl', async () => {
    const siteAccess = vi.fn(() => Promise.resolve(YAML));
    const fake = fakeContext({ composition: composed({ siteAccess }) });
    const options = { namespace: 'ml', serviceAccount: 'robot', backend: ['volcano'], clusterRole: true };
    expect(await run(fake.context, input([], options))).toBe(0);
    expect(fake.out()).toBe(YAML);
    expect(siteAccess).toHaveBeenCalledWith({
      namespace: 'ml',
      serviceAccount: 'robot',
      backends: ['volcano'],
      clusterRole: true,
      exec: false,
      gpuMetrics: [],
    });
  });

  it('takes all backends when none is named, and says so', async () => {
    const siteAccess = vi.fn(() => Promise.resolve(YAML));
    const fake = fakeContext({ format: 'name', composition: composed({ siteAccess }) });
    await run(fake.context, input([], { namespace: 'ml' }));
    expect(siteAccess).toHaveBeenCalledWith(
      expect.objectContaining({ backends: ['kubernetes-job', 'volcano', 'trainjob', 'paddlejob'] }),
    );
    expect(fake.out()).toBe('role/trainyard\nrolebinding/trainyard\n');
    expect(fake.err()).toContain('for all backends');
  });

  it('takes the namespace of the only site, and an account of another namespace', async () => {
    const grantSiteAccess = vi.fn(() => Promise.resolve(['role/trainyard']));
    const fake = fakeContext({ settings: settingsOf(ONE_SITE), composition: composed({ grantSiteAccess }) });
    await run(fake.context, input([], { serviceAccount: 'ops/robot', apply: true, kubeContext: 'admin' }));
    expect(grantSiteAccess).toHaveBeenCalledWith(
      expect.objectContaining({
        namespace: 'ml',
        serviceAccount: 'robot',
        serviceAccountNamespace: 'ops',
        kubeContext: 'admin',
      }),
    );
    expect(fake.out()).toBe('role/trainyard\n');
    expect(fake.err()).toContain('granted to robot in ml');
  });

  it('gives people their own rights, and says who has them now', async () => {
    const grantSiteAccess = vi.fn(() => Promise.resolve(['role/trainyard-people']));
    const fake = fakeContext({ composition: composed({ grantSiteAccess }) });
    const who = { for: 'people', user: ['li@example.com'], group: ['ml team'] };
    await run(fake.context, input([], { namespace: 'ml', exec: true, apply: true, ...who }));
    const people = [
      { kind: 'User', name: 'li@example.com' },
      { kind: 'Group', name: 'ml team' },
    ];
    expect(grantSiteAccess).toHaveBeenCalledWith(expect.objectContaining({ namespace: 'ml', exec: true, people }));
    expect(fake.err()).toContain('granted to li@example.com, ml team in ml');
  });

  it.each([
    [{ namespace: 'ml', for: 'people' }, 'nobody is named'],
    [{ namespace: 'ml', for: 'people', user: [''] }, '--user'],
    [{ namespace: 'ml', for: 'people', group: ['a\nb'] }, '--group'],
    [{}, 'no namespace is named'],
    [{ namespace: 'a/../b' }, '--namespace'],
    [{ namespace: 'ml', serviceAccount: 'a/b/c' }, '--service-account'],
    [{ namespace: 'ml', serviceAccount: 'Robot' }, '--service-account'],
  ])('refuses %j before anything is asked', async (options, said) => {
    const fake = fakeContext({ composition: composed({}) });
    await expect(run(fake.context, input([], options))).rejects.toThrow(said);
  });
});

describe('doctor', () => {
  const finding = { name: 'claim', state: 'missing', found: 'there is no claim', fix: 'make one' } as const;

  it('looks at a site when one of its options is given', async () => {
    const siteDoctor = vi.fn(() => Promise.resolve([finding]));
    const fake = fakeContext({ composition: composed({ siteDoctor }) });
    expect(await runDoctor(fake.context, input([], { backend: 'volcano' }))).toBe(1);
    expect(siteDoctor).toHaveBeenCalledWith({ site: null, backend: 'volcano', queue: null, runtime: null });
    expect(fake.out()).toContain('make one');
  });

  it('looks at this machine without them', async () => {
    const doctor = vi.fn(() => Promise.resolve([{ ...finding, state: 'ok' as const, fix: null }]));
    const fake = fakeContext({ composition: composed({ doctor }) });
    expect(await runDoctor(fake.context, input())).toBe(0);
    expect(doctor).toHaveBeenCalledOnce();
  });
});
