import type { RolePlan } from '../domain/job.ts';
import { packageRole } from './job-plans.ts';
import type { TrainingSpec } from './schema.ts';
import { trainRoles } from './train-roles.ts';

/**
 * The commands a spec runs, one line a process, as a shell would show them: what `--dry-run` prints. What is only
 * known when the job starts (rendezvous address, directories) stands in braces.
 */
export function explainCommand(spec: TrainingSpec): string[] {
  const packaging = packageRole(spec);
  return [...explainJob(trainRoles(spec)), ...(packaging === null ? [] : explainJob([packaging]))];
}

function explainJob(roles: readonly RolePlan[]): string[] {
  const nodes = roles.reduce((sum, role) => sum + role.replicas, 0);
  let before = 0;
  return roles.flatMap((role) => {
    const of = roles.length > 1 ? ` ${role.name}` : '';
    const first = before;
    before += role.replicas;
    return role.steps.flatMap((step) =>
      ranks(role, first, nodes).map(
        ({ label, env }) => `${step.name}${of}${label}: ${line({ ...role.env, ...env }, step.argv)}`,
      ),
    );
  });
}

interface RankLine {
  readonly label: string;
  readonly env: Readonly<Record<string, string>>;
}

/** `first` and `nodes` count replicas: those of the roles before this one, and all. */
function ranks(role: RolePlan, first: number, nodes: number): RankLine[] {
  const procs = role.launcher === 'torchrun' ? role.procsPerReplica : 1;
  const world = role.replicas * procs;
  return Array.from({ length: world }, (_, rank) => ({
    label: world === 1 ? '' : ` rank ${rank}`,
    env: {
      ...(nodes > 1 ? { NNODES: `${nodes}`, NODE_RANK: `${first + Math.floor(rank / procs)}` } : {}),
      ...(role.launcher === 'torchrun'
        ? { RANK: `${rank}`, LOCAL_RANK: `${rank % procs}`, WORLD_SIZE: `${world}` }
        : {}),
    },
  }));
}

function line(env: Readonly<Record<string, string>>, argv: readonly string[]): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
  return [...variables, ...argv.map(quote)].join(' ');
}

/** Single quotes around whatever a shell would read differently. For people only; nothing runs it. */
function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
