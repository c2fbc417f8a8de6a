import { z } from 'zod';
import { NAME_PATTERN } from '../../domain/names.ts';

/** Names of runs and services: they become parts of job names, labels and host names. */
export const name = z.string().regex(NAME_PATTERN, {
  error: 'must be 1 to 40 lower-case letters, digits and "-", starting with a letter (displayName takes any script)',
});
