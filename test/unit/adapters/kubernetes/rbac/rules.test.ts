import { describe, expect, it } from 'vitest';
import { CLUSTER_RULES, NAMESPACE_RULES, rulesFor } from '../../../../../adapters/kubernetes/rbac/rules.ts';
import type { AccessRule } from '../../../../../adapters/kubernetes/rbac/rules.ts';
import { kubernetesJobBackend } from '../../../../../backends/kubernetes-job/backend.ts';
import { paddlejobBackend } from '../../../../../backends/paddlejob/backend.ts';
import { trainjobBackend } from '../../../../../backends/trainjob/backend.ts';
import { volcanoBackend } from '../../../../../backends/volcano/backend.ts';

const BACKENDS = [kubernetesJobBackend, volcanoBackend, trainjobBackend, paddlejobBackend] as const;
const ALL = [...NAMESPACE_RULES, ...CLUSTER_RULES];

const verbsOn = (rules: readonly AccessRule[], group: string, resource: string): string[] =>
  rules.filter((rule) => rule.group === group && rule.resources.includes(resource)).flatMap((rule) => [...rule.verbs]);

describe('the rules of a namespace', () => {
  it.each(BACKENDS.map((backend) => [backend.kind, backend] as const))(
    'let %s list and watch every kind it follows, and submit its own',
    (kind, backend) => {
      const rules = rulesFor(NAMESPACE_RULES, [kind]);
      for (const { group, resource } of backend.watched) {
        expect(verbsOn(rules, group, resource), `${resource}.${group}`).toEqual(
          expect.arrayContaining(['list', 'watch']),
        );
      }
      const [own] = backend.watched;
      expect(verbsOn(rules, own?.group ?? '', own?.resource ?? '')).toEqual(
        expect.arrayContaining(['create', 'get', 'list', 'watch', 'delete']),
      );
    },
  );

  it('give a backend nothing of the others', () => {
    const rules = rulesFor(NAMESPACE_RULES, ['volcano']);
    expect(verbsOn(rules, 'batch', 'jobs')).toEqual([]);
    expect(verbsOn(rules, 'trainer.kubeflow.org', 'trainjobs')).toEqual([]);
    expect(verbsOn(rules, 'batch.paddlepaddle.org', 'paddlejobs')).toEqual([]);
  });

  it('leave commands inside pods out unless they are asked for', () => {
    expect(verbsOn(rulesFor(NAMESPACE_RULES, ['volcano']), '', 'pods/exec')).toEqual([]);
    expect(verbsOn(rulesFor(NAMESPACE_RULES, ['volcano'], ['exec']), '', 'pods/exec')).toEqual(['create', 'get']);
  });

  it('never touch secrets, service accounts, roles or pods themselves', () => {
    const named = ALL.flatMap((rule) => rule.resources);
    const denied = ['secrets', 'serviceaccounts', 'serviceaccounts/token', 'roles', 'rolebindings', 'nodes/proxy'];
    expect(named.filter((resource) => denied.includes(resource))).toEqual([]);
    const onPods = new Set(verbsOn(NAMESPACE_RULES, '', 'pods'));
    expect([...onPods]).toEqual(['get', 'list', 'watch', 'delete']);
  });

  it('use no wildcard and no right over collections', () => {
    const words = ALL.flatMap((rule) => [rule.group, ...rule.resources, ...rule.verbs]);
    expect(words.filter((word) => word.includes('*') || word === 'deletecollection')).toEqual([]);
    expect(ALL.filter((rule) => rule.verbs.includes('escalate') || rule.verbs.includes('impersonate'))).toEqual([]);
  });

  it('each say what for', () => {
    expect(ALL.filter(({ why }) => why === '')).toEqual([]);
  });
});

describe('the rules of the cluster', () => {
  it('only read, and each says what is lacking without it', () => {
    for (const rule of CLUSTER_RULES) {
      expect(['get', 'list'], rule.resources.join()).toEqual(expect.arrayContaining([...rule.verbs]));
      expect(rule.without, rule.resources.join()).toBeTruthy();
    }
  });

  it('name the definitions they read one by one', () => {
    const rule = CLUSTER_RULES.find(({ resources }) => resources.includes('customresourcedefinitions'));
    expect(rule?.verbs).toEqual(['get']);
    expect(rule?.names).toContain('trainjobs.trainer.kubeflow.org');
  });
});
