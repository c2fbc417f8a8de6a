import { z } from 'zod';
import { splitWords } from './split-words.ts';

/** A folder or file inside a repository: relative, with no way out of it, and never taken for an option. */
export function relativePath(): z.ZodString {
  return z.string().regex(/^(?![-/\\])(?!.*(?:^|\/)\.\.(?:\/|$))[^\0]{1,512}$/, {
    error: 'must be a path inside the repository: relative, without "..", not starting with "-"',
  });
}

const NO_NUL = /^[^\0]*$/;

/** Text that can be one argument of a program. */
export function argument(): z.ZodString {
  return z.string().max(32_768).regex(NO_NUL, { error: 'must not hold a NUL character' });
}

/** A number that is written to the command line as it was read. */
function exactNumber(): z.ZodNumber {
  return z.number().refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
    error: 'is too large to keep every digit; write it in quotes',
  });
}

const scalar = z.union([argument(), exactNumber(), z.boolean()], {
  error: 'must be text, a number, true or false',
});

const ARGUMENT_NAME = /^[A-Za-z0-9][-A-Za-z0-9_.]{0,99}$/;

const namedArguments = z.record(
  z.string().regex(ARGUMENT_NAME, { error: 'must be the name of an option, without dashes in front' }),
  z.union([scalar, z.array(scalar), z.null()], {
    error: 'must be text, a number, true, false, null or a list of these',
  }),
);

/**
 * Arguments of a script. By name: `epochs: 3` gives `--epochs=3`, `true` gives `--epochs`, `false` and `null` leave it
 * out, a list gives the option once a value. As a list: the arguments as they are.
 */
export const scriptArguments = z
  .union([namedArguments, z.array(argument()).max(1000)])
  .prefault({})
  .describe(
    'Arguments of the script. `epochs: 3` becomes `--epochs=3`, `true` becomes `--epochs`, `false` and `null` leave it out, a list repeats the option. Or a list of arguments as they are.',
  );

export type ScriptArguments = z.output<typeof scriptArguments>;

/** A program and its arguments: a list, or one line that is split at spaces and quotes and never expanded. */
export const argvCommand = z
  .union([z.array(argument()).min(1).max(1000), z.string()], {
    error: 'must be a list (program and arguments) or one line of text',
  })
  .transform((value, ctx): readonly string[] => {
    if (typeof value !== 'string') return checkProgram(value, ctx);
    const words = splitWords(value);
    if (words !== null) return checkProgram(words, ctx);
    ctx.addIssue({ code: 'custom', message: 'has a quote that is not closed, or ends with a backslash' });
    return z.NEVER;
  });

function checkProgram(argv: readonly string[], ctx: z.RefinementCtx): readonly string[] {
  const [program] = argv;
  if (program !== undefined && program !== '' && argv.every((word) => NO_NUL.test(word))) return argv;
  ctx.addIssue({ code: 'custom', message: 'must start with the name of a program' });
  return z.NEVER;
}
