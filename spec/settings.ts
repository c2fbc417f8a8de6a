import { posix } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { TrainyardError } from '../domain/errors.ts';
import { DEFAULT_TASK_QUEUE } from '../domain/messages.ts';
import type { DevState } from './dev-state.ts';
import { bytes } from './fields/quantity.ts';
import { inBothLanguages, summarize, toSpecIssues } from './issues.ts';
import { identitiesField, mergeIdentities } from './identity-settings.ts';
import type { Identities } from './identity-settings.ts';
import { mergeNotifications, notificationsField } from './notification-settings.ts';
import type { Notifications } from './notification-settings.ts';
import { mergeProjects, projectsField } from './project-settings.ts';
import type { Projects } from './project-settings.ts';
import type { Retention } from '../domain/retention.ts';
import { mergeRetention, retentionField } from './retention-settings.ts';
import { mergeSites, sitesField } from './site-settings.ts';
import type { Sites } from './site-settings.ts';

const overrides = {
  temporal: z
    .strictObject({
      address: z.string().min(1).optional().describe('`host:port` of the Temporal server'),
      namespace: z.string().min(1).optional().describe('Temporal namespace'),
    })
    .optional(),
  workspace: z.string().min(1).optional().describe("Folder that holds runs' files"),
  taskQueue: z.string().min(1).max(200).optional().describe('Task queue of workflows and light activities'),
  git: z
    .strictObject({
      allow: z
        .array(z.string().min(1))
        .optional()
        .describe('Hosts (`host:port`) used over plain http, and folders used as file repositories'),
      insecureTls: z
        .array(z.string().min(1))
        .optional()
        .describe('Hosts whose certificate is not verified; every run shows it'),
      lowSpeed: z
        .strictObject({
          bytesPerSecond: z.number().int().positive().optional(),
          seconds: z.number().int().positive().optional(),
        })
        .optional()
        .describe('A transfer slower than this for so long is broken off'),
    })
    .optional(),
  minFree: bytes.optional().describe('Room that must stay free in the workspace'),
  author: z
    .string()
    .regex(/^[^<>\n\0]+ <[^<>\s\0]+>$/, { error: 'must look like `Name <mail@host>`' })
    .optional()
    .describe('Author of output commits'),
  python: z.string().min(1).optional().describe('Python of the local site, with torch; left out, the one setup found'),
  sites: sitesField.optional(),
  notifications: notificationsField.optional(),
  identities: identitiesField.optional(),
  projects: projectsField.optional(),
  retention: retentionField.optional(),
};

const layer = z.strictObject(overrides);
const file = z.strictObject({
  ...overrides,
  current: z.string().min(1).optional().describe('Context in use'),
  contexts: z.record(z.string().min(1), layer).optional().describe('Named sets of the fields above'),
});

type Layer = z.output<typeof layer>;

/** Settings of this machine and user: one merged view. */
export interface Settings {
  /** Name of the context in use; `null` without one. */
  readonly context: string | null;
  readonly temporal: {
    /** `host:port`; `null` = what the Temporal environment configuration says, else its default. */
    readonly address: string | null;
    readonly namespace: string | null;
  };
  /** Absolute if `directory` was given to `loadSettings`. */
  readonly workspace: string;
  readonly taskQueue: string;
  readonly git: {
    readonly allow: readonly string[];
    readonly insecureTls: readonly string[];
    readonly lowSpeed: { readonly bytesPerSecond: number; readonly seconds: number };
  };
  /** Bytes. */
  readonly minFree: number;
  /** `Name <mail>`. */
  readonly author: string;
  /** `null` = the one that setup found. */
  readonly python: string | null;
  /** Clusters by name; those of the context come on top of those of the whole file. */
  readonly sites: Sites;
  /** Channels by name; those of the context come on top of those of the whole file. */
  readonly notifications: Notifications;
  /** People who may decide at gates, by name; those of the context come on top of those of the whole file. */
  readonly identities: Identities;
  /** What the runs of a project may take at once, by name of the project. */
  readonly projects: Projects;
  /** How long the workspace keeps what ended runs leave. */
  readonly retention: Retention;
}

/** What `loadSettings` merges. It reads nothing itself. */
export interface SettingsSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of the settings file; `null` if there is none. */
  readonly file: string | null;
  /** What a running `trainyard dev` left; `null` if none runs. */
  readonly dev: DevState | null;
  /** Context named on the command line. */
  readonly context?: string;
  /** Absolute; relative folders are taken from here. */
  readonly directory?: string;
}

const DEFAULT_WORKSPACE = '.trainyard/workspace';

/**
 * Merges environment > running `trainyard dev` > context > top of the file > defaults.
 * Throws `TY_SETTINGS_INVALID` naming every fault at once.
 */
export function loadSettings(sources: SettingsSources): Settings {
  const { dev } = sources;
  const contents = readFile(sources.file);
  const env = fromEnv(sources.env);
  const name = sources.context ?? sources.env['TRAINYARD_CONTEXT'] ?? contents.current ?? null;
  const context = pickContext(contents.contexts ?? {}, name);
  const first = <T>(pick: (from: Layer) => T | undefined): T | undefined =>
    pick(env) ?? pick(context) ?? pick(contents);
  const workspace = env.workspace ?? dev?.workspace ?? context.workspace ?? contents.workspace ?? DEFAULT_WORKSPACE;
  return {
    context: name,
    temporal: {
      address: env.temporal?.address ?? dev?.address ?? first((from) => from.temporal?.address) ?? null,
      namespace: env.temporal?.namespace ?? dev?.namespace ?? first((from) => from.temporal?.namespace) ?? null,
    },
    workspace: sources.directory === undefined ? workspace : posix.resolve(sources.directory, workspace),
    taskQueue: env.taskQueue ?? dev?.taskQueue ?? first((from) => from.taskQueue) ?? DEFAULT_TASK_QUEUE,
    git: {
      allow: first((from) => from.git?.allow) ?? [],
      insecureTls: first((from) => from.git?.insecureTls) ?? [],
      lowSpeed: {
        bytesPerSecond: first((from) => from.git?.lowSpeed?.bytesPerSecond) ?? 1000,
        seconds: first((from) => from.git?.lowSpeed?.seconds) ?? 60,
      },
    },
    minFree: first((from) => from.minFree) ?? 512 * 2 ** 20,
    author: first((from) => from.author) ?? 'Trainyard <trainyard@localhost>',
    python: first((from) => from.python) ?? null,
    notifications: mergeNotifications([contents.notifications, context.notifications]),
    sites: mergeSites([contents.sites, context.sites], { home: sources.env['HOME'], directory: sources.directory }),
    projects: mergeProjects([contents.projects, context.projects]),
    retention: mergeRetention([context.retention, contents.retention]),
    identities: mergeIdentities([contents.identities, context.identities]),
  };
}

function fromEnv(env: SettingsSources['env']): Layer {
  const value = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const list = (name: string): string[] | undefined =>
    value(name)
      ?.split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return check(
    layer,
    {
      temporal: { address: value('TEMPORAL_ADDRESS'), namespace: value('TEMPORAL_NAMESPACE') },
      workspace: value('TRAINYARD_WORKSPACE'),
      taskQueue: value('TRAINYARD_TASK_QUEUE'),
      git: { allow: list('TRAINYARD_GIT_ALLOW'), insecureTls: list('TRAINYARD_GIT_INSECURE_TLS') },
      minFree: value('TRAINYARD_MIN_FREE'),
      author: value('TRAINYARD_AUTHOR'),
      python: value('TRAINYARD_PYTHON'),
    },
    'the environment (TRAINYARD_*)',
  );
}

function readFile(text: string | null): z.output<typeof file> {
  if (text === null) return {};
  let document: unknown;
  try {
    document = parseYaml(text, { maxAliasCount: 50 });
  } catch (error) {
    throw new TrainyardError('TY_SETTINGS_INVALID', 'the settings file is not valid YAML', {
      where: '~/.config/trainyard/config.yaml',
      why: error instanceof Error ? error.message : String(error),
    });
  }
  return check(file, document ?? {}, '~/.config/trainyard/config.yaml');
}

function pickContext(contexts: Readonly<Record<string, Layer>>, name: string | null): Layer {
  if (name === null) return {};
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (found !== undefined) return found;
  throw new TrainyardError('TY_SETTINGS_INVALID', `there is no context "${name}"`, {
    where: '~/.config/trainyard/config.yaml',
    why: `contexts there: ${Object.keys(contexts).join(', ') || 'none'}`,
  });
}

function check<T extends z.ZodType>(schema: T, input: unknown, where: string): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = inBothLanguages(toSpecIssues(schema, input, parsed.error.issues)).map((issue) => ({
    ...issue,
    code: 'TY_SETTINGS_INVALID' as const,
  }));
  throw new TrainyardError('TY_SETTINGS_INVALID', summarize('the settings', issues), { where, issues });
}
