import type { ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest } from '../../domain/job.ts';
import { jobMetadata } from '../shared/labels.ts';

/** The most that Kubernetes takes into one ConfigMap, bytes. */
const MOST_BYTES = 2 ** 20;

/**
 * Code small enough to be brought by a ConfigMap, which knows no folders.
 * @param files text by file name
 * @throws TrainyardError `TY_BACKEND_UNSUPPORTED`
 */
export function codeConfigMap(
  request: JobRequest,
  site: ClusterSite,
  name: string,
  files: Readonly<Record<string, string>>,
): KubeObject {
  const fix = 'use code.repo, or code.image';
  const odd = Object.keys(files).find((file) => !/^[-._a-zA-Z0-9]{1,253}$/.test(file) || /^\.\.?$/.test(file));
  if (odd !== undefined) {
    throw new TrainyardError('TY_BACKEND_UNSUPPORTED', `a ConfigMap cannot hold a file called ${JSON.stringify(odd)}`, {
      where: 'code.configMap',
      why: 'it has no folders, and names of letters, digits, "-", "_" and "." only',
      fix,
    });
  }
  const encoder = new TextEncoder();
  const bytes = Object.values(files).reduce((sum, text) => sum + encoder.encode(text).byteLength, 0);
  if (bytes > MOST_BYTES) {
    throw new TrainyardError('TY_BACKEND_UNSUPPORTED', `the code is too large for a ConfigMap: ${bytes} bytes`, {
      where: 'code.configMap',
      why: `at most ${MOST_BYTES} bytes, 1 MiB`,
      fix,
    });
  }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: jobMetadata(request, site.namespace, name),
    immutable: true,
    data: { ...files },
  };
}
