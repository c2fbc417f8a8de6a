import type { SpecIssue } from '../domain/errors.ts';
import type { TrainingSpec } from './schema.ts';
import { packageKind } from './packaging.ts';

/** Rules that no single field can tell. Only asked of a spec whose fields are all right. */
export function checkTogether(spec: TrainingSpec): SpecIssue[] {
  const packaged = packageKind(spec) !== 'none';
  const faults: (readonly [path: string, message: string] | false)[] = [
    packaged && spec.package?.script === undefined && spec.package?.command === undefined
      ? ['package', 'needs script or command: what exports the trained weights']
      : false,
    twice(spec.package) ? ['package.command', 'stands beside script; keep one of them'] : false,
    twice(spec.evaluate) ? ['evaluate.command', 'stands beside script; keep one of them'] : false,
    spec.evaluate && spec.evaluate.script === undefined && spec.evaluate.command === undefined
      ? ['evaluate', 'needs script or command']
      : false,
    spec.evaluate && !packaged ? ['evaluate', 'needs package: it scores the packaged artifact'] : false,
    spec.serve && spec.serve.kind !== 'none' && !packaged
      ? ['serve', 'needs package: it serves the packaged artifact']
      : false,
  ];
  return faults
    .filter((fault) => fault !== false)
    .map(([path, message]) => ({ path, code: 'TY_SPEC_INVALID' as const, message }));
}

function twice(part: { readonly script?: unknown; readonly command?: unknown } | null | undefined): boolean {
  return part?.script !== undefined && part.command !== undefined;
}
