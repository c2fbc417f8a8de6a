import { describe, expect, it } from 'vitest';
import { KubeFailure } from '../../../../adapters/kubernetes/failure.ts';
import { refusalOf } from '../../../../adapters/kubernetes/refusal.ts';
import { TrainyardError, errorEntry } from '../../../../domain/errors.ts';
import type { Fate } from '../../../../domain/error-entry.ts';

const JOB = {
  apiVersion: 'batch.volcano.sh/v1alpha1',
  kind: 'Job',
  metadata: { name: 'digits-abcdefgh-t1', namespace: 'ml' },
};
const failure = (status: number | null, message: string, reason = 'X') => new KubeFailure(status, reason, message);

describe('a refused write', () => {
  it.each<[string, KubeFailure, string, Fate]>([
    ['no answer', failure(null, 'connect ECONNREFUSED'), 'TY_CLUSTER_UNAVAILABLE', 'retry'],
    ['too many requests', failure(429, 'slow down'), 'TY_CLUSTER_UNAVAILABLE', 'retry'],
    ['a server error', failure(503, 'etcd has no leader'), 'TY_CLUSTER_UNAVAILABLE', 'retry'],
    ['a conflict', failure(409, 'the object has been modified'), 'TY_CLUSTER_UNAVAILABLE', 'retry'],
    [
      'a webhook that does not answer',
      failure(500, 'Internal error occurred: failed calling webhook "v.io": dial tcp: refused'),
      'TY_CLUSTER_UNAVAILABLE',
      'retry',
    ],
    [
      'a webhook that denies',
      failure(403, 'admission webhook "v.io" denied the request: no queue'),
      'TY_JOB_REFUSED',
      'never',
    ],
    ['an invalid object', failure(422, 'spec.tasks: Invalid value'), 'TY_JOB_REFUSED', 'never'],
    ['an unknown field', failure(400, 'strict decoding error: unknown field "spec.x"'), 'TY_JOB_REFUSED', 'never'],
    ['credentials that ran out', failure(401, 'Unauthorized'), 'TY_CLUSTER_UNAUTHORIZED', 'ask'],
    ['a missing right', failure(403, 'jobs is forbidden: User "x" cannot create'), 'TY_CLUSTER_FORBIDDEN', 'never'],
    ['an unknown kind', failure(404, '404 page not found'), 'TY_BACKEND_MISSING', 'never'],
    ['an unknown namespace', failure(404, 'namespaces "ml" not found'), 'TY_CLUSTER_NAMESPACE', 'never'],
  ])('for %s has its code and fate', (_what, given, code, fate) => {
    const error = refusalOf(given, JOB);
    expect(error).toBeInstanceOf(TrainyardError);
    expect(error).toMatchObject({ code, details: { where: expect.stringContaining('ml'), why: given.message } });
    expect(errorEntry((error as TrainyardError).code).fate).toBe(fate);
  });

  it('for a quota is to be waited for', () => {
    const error = refusalOf(failure(403, 'jobs "x" is forbidden: exceeded quota: full, requested: count/jobs=1'), JOB);
    expect(error).toMatchObject({ reason: 'QuotaExceeded', message: expect.stringContaining('exceeded quota: full') });
  });

  it('names the kind that is missing, and the rule that is', () => {
    expect(refusalOf(failure(404, '404 page not found'), JOB).message).toContain('jobs.batch.volcano.sh');
    expect(refusalOf(failure(403, 'forbidden'), JOB)).toMatchObject({
      details: { fix: expect.stringContaining('{apiGroups: ["batch.volcano.sh"], resources: ["jobs"]') },
    });
  });

  it('for variables that a runtime sets itself names them, and the way out', () => {
    const said = (envs: string): string =>
      'admission webhook "validator.trainjob.trainer.kubeflow.org" denied the request: spec.trainer.env: Invalid value: ' +
      `[{"name":"A","value":"b"}]: must not have reserved envs, invalid envs configured: [${envs}]`;
    expect(refusalOf(failure(403, said('PET_MASTER_ADDR PET_NNODES')), JOB)).toMatchObject({
      code: 'TY_JOB_REFUSED',
      details: {
        why: 'its runtime sets them itself: PET_MASTER_ADDR, PET_NNODES',
        fix: expect.stringContaining('backend.policy: torch'),
      },
    });
    expect(refusalOf(failure(403, said('OMPI_MCA_orte_default_hostfile')), JOB)).toMatchObject({
      details: { fix: expect.stringContaining('compute.env') },
    });
  });

  it('leaves other errors as they are', () => {
    const error = new Error('a bug');
    expect(refusalOf(error, JOB)).toBe(error);
  });
});
