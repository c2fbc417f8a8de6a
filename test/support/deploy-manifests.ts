import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../domain/cluster-job.ts';

export const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy', 'kubernetes');

/** The documents of a file in `deploy/kubernetes`. */
export function documentsOf(file: string): readonly unknown[] {
  return parseAllDocuments(readFileSync(join(DEPLOY, file), 'utf8')).map((document): unknown => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`${file}: ${error.message}`);
    return document.toJS();
  });
}

export const filesOf = (folder: string): readonly string[] =>
  readdirSync(join(DEPLOY, folder)).map((name) => `${folder}/${name}`);

/** The objects of a folder, by what kustomize is told; the generated ConfigMap is left out. */
export function objectsOf(folder: string): readonly KubeObject[] {
  const [kustomization] = documentsOf(`${folder}/kustomization.yaml`);
  const { resources } = kustomization as { readonly resources: readonly string[] };
  return resources
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => documentsOf(`${folder}/${name}`) as readonly KubeObject[]);
}
