import { listAt, textAt } from '../../../domain/json.ts';
import type { KubeApi } from '../api.ts';
import { KubeFailure } from '../failure.ts';
import { missing, ok, warn } from './finding.ts';
import type { SiteFinding } from './finding.ts';

/** Whether the claim of the workspace is there, bound, and can be mounted by several nodes at once. */
export async function claimFinding(api: KubeApi, namespace: string, claim: string): Promise<SiteFinding> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/persistentvolumeclaims/${encodeURIComponent(claim)}`;
  const look = `kubectl -n ${namespace} describe pvc ${claim}`;
  try {
    return judge(await api.send('GET', path), claim, look);
  } catch (error) {
    if (!(error instanceof KubeFailure)) throw error;
    if (error.status === 404) {
      const fix = `make a claim "${claim}" of access mode ReadWriteMany in the namespace ${namespace}`;
      return missing('claim', `there is no claim "${claim}" in ${namespace}`, fix);
    }
    return warn('claim', `${claim} cannot be read: ${error.message}`, look);
  }
}

function judge(claim: unknown, name: string, look: string): SiteFinding {
  const phase = textAt(claim, 'status', 'phase') ?? 'unknown';
  const bound = listAt(claim, 'status', 'accessModes');
  const modes = bound.length > 0 ? bound : listAt(claim, 'spec', 'accessModes');
  const size = textAt(claim, 'status', 'capacity', 'storage');
  const found = [name, phase, modes.join(', '), ...(size === null ? [] : [size])].join(', ');
  if (!modes.includes('ReadWriteMany')) {
    return missing(
      'claim',
      `${found}: pods on other nodes cannot mount it`,
      'use a claim of access mode ReadWriteMany',
    );
  }
  if (phase === 'Bound') return ok('claim', found);
  return phase === 'Pending'
    ? warn('claim', `${found}: nothing has bound it yet`, look)
    : missing('claim', found, look);
}
