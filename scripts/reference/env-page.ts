import { JOB_VARIABLES, READ_VARIABLES, type Variable } from '../../spec/environment.ts';
import { cell } from './errors-page.ts';

/** `docs/reference/env.md`. */
export function envPage(): string {
  return [
    '# Environment',
    '',
    'Generated from `spec/environment.ts`: change it there and run `node scripts/generate-reference.ts`.',
    '',
    '## What Trainyard reads',
    '',
    'A flag goes before the environment, the environment before a running `trainyard dev`, that before the context in',
    "`~/.config/trainyard/config.yaml`, and that before the top of the file. Temporal's own variables (TLS, API key,",
    'profiles) work as everywhere. An empty variable counts as not set.',
    '',
    ...table(READ_VARIABLES),
    '',
    '## What the processes of a job find',
    '',
    'Besides these and `compute.env` they get only what a program needs to run.',
    '',
    ...table(JOB_VARIABLES),
    '',
  ].join('\n');
}

function table(variables: readonly Variable[]): string[] {
  return [
    '| variable | what | without it |',
    '| --- | --- | --- |',
    ...variables.map(({ name, text, fallback }) => `| ${code(name)} | ${cell(text)} | ${cell(fallback ?? '')} |`),
  ];
}

function code(names: string): string {
  return names
    .split(', ')
    .map((name) => `\`${name}\``)
    .join(', ');
}
