import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import { applySet } from '../../spec/apply-set.ts';
import { readDocument } from '../../spec/spec-text.ts';
import { parseSpec } from '../../spec/training-spec.ts';
import type { TrainingSpec } from '../../spec/training-spec.ts';
import type { CommandContext } from './context.ts';
import { readAll } from './prompt.ts';

/** What the flags of `run start` say about the spec. */
export interface SpecWish {
  readonly file: string | undefined;
  readonly set: readonly string[];
  readonly name: string | undefined;
  readonly code: string | undefined;
}

export interface LoadedSpec {
  /** As written, with the flags applied: what is sent. */
  readonly document: unknown;
  /** As understood, with defaults. */
  readonly spec: TrainingSpec;
}

const LARGEST_SPEC = 1024 * 1024;

/** Reads and checks a spec before anything is sent. Throws `TY_SPEC_*` with every fault at once. */
export async function loadSpec(context: CommandContext, wish: SpecWish): Promise<LoadedSpec> {
  const file = wish.file ?? 'trainyard.yaml';
  const text = file === '-' ? await readAll(context, LARGEST_SPEC) : await readSpecFile(context, file);
  const shown = file === '-' ? 'stdin' : file;
  const document = withFlags(applySet(readDocument(text, shown), wish.set), wish, context);
  const parsed = parseSpec(document);
  if (parsed.ok) return { document, spec: parsed.spec };
  const { error } = parsed;
  const where = error.details.where === undefined ? shown : `${shown}: ${error.details.where}`;
  throw new TrainyardError(error.code, error.message, { ...error.details, where });
}

function withFlags(document: unknown, { name, code }: SpecWish, context: CommandContext): unknown {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return document;
  return {
    ...document,
    ...(name === undefined ? {} : { name }),
    ...(code === undefined ? {} : { code: { path: resolve(context.directory, code) } }),
  };
}

async function readSpecFile(context: CommandContext, file: string): Promise<string> {
  const path = resolve(context.directory, file);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TrainyardError('TY_SPEC_NOT_FOUND', `there is no spec file ${file}`, { where: path, why }, error);
  }
}
