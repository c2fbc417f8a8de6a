import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { doctorFindings, type ToolFinding } from '../adapters/tools/doctor.ts';
import type { AccessRequest } from '../adapters/kubernetes/rbac/objects.ts';
import type { Settings } from '../spec/settings.ts';
import type { TrainingSpec } from '../spec/training-spec.ts';
import type { DemoSession } from './demo.ts';
import type { DevRequest } from './dev.ts';
import type { Announced } from '../ports/outbox.ts';
import type { TriedChannel } from './notices/care.ts';
import type { RunFiles } from '../ports/run-files.ts';
import { createPorts as portsOf, type Ports } from './ports.ts';
import { createRunFiles } from './run-files.ts';
import type { RankCommand } from './site-exec.ts';
import { remoteFiles } from './site-files.ts';
import type { AccessWish, SiteWish } from './site-care.ts';
import type { Manifest, Tried } from './site-rehearsal.ts';

/** What the command line composes. Temporal's native module is loaded by what needs it, not before. */
export interface Composition {
  dev(options: Pick<DevRequest, 'directory' | 'port' | 'signal' | 'onUp'>): Promise<void>;
  /** With `sites` it serves only those. */
  worker(options: {
    readonly deployment: string | null;
    readonly sites: readonly string[];
    readonly signal: AbortSignal;
  }): Promise<void>;
  demo(options: { readonly directory: string }): Promise<DemoSession>;
  doctor(): Promise<readonly ToolFinding[]>;
  siteDoctor(wish: SiteWish): Promise<readonly ToolFinding[]>;
  /** Roles and bindings of a site, as YAML. */
  siteAccess(request: AccessRequest): Promise<string>;
  /** Applies them; tells what was applied. */
  grantSiteAccess(wish: AccessWish): Promise<readonly string[]>;
  /** What a spec would make on its cluster, without asking the cluster. */
  siteManifest(spec: TrainingSpec): Promise<Manifest>;
  /** What the cluster says to it, of which it keeps nothing. */
  siteDryRun(spec: TrainingSpec): Promise<Tried>;
  /** Sends a test through a channel of the settings. */
  tryChannel(name: string, signal: AbortSignal): Promise<TriedChannel>;
  /** What a run announced, and what became of it. */
  deliveries(runId: string): Promise<readonly Announced[]>;
  /** Runs a command in the pod of a rank and gives its exit code. */
  execInRank(files: RunFiles, wish: RankCommand): Promise<number>;
}

const ROOT = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '..' : '../..', import.meta.url));

/** With what reads the files of runs wherever they are. */
export async function createPorts(settings: Settings): Promise<Ports & { readonly runFiles: RunFiles }> {
  const ports = portsOf(settings, process.env);
  return { ...ports, runFiles: createRunFiles(ports.workspace, settings, remoteFiles(settings.sites, process.env)) };
}

export async function createComposition(settings: Settings): Promise<Composition> {
  const { env } = process;
  return {
    dev: async (options) => {
      const { runDev } = await import('./dev.ts');
      await crashTests();
      await runDev({ ...options, settings, env });
    },
    worker: async (options) => {
      const { runStandalone } = await import('./standalone.ts');
      await crashTests();
      await runStandalone({ ...options, settings, env, version: await version() });
    },
    demo: async ({ directory }) => {
      const { startDemo } = await import('./demo.ts');
      await crashTests();
      return await startDemo({ directory, example: join(ROOT, 'examples', 'digits'), settings, env });
    },
    doctor: () => doctorFindings(env, process.cwd()),
    siteDoctor: async (wish) => await (await import('./site-care.ts')).siteDoctor(settings, wish),
    siteAccess: async (request) => (await import('./site-care.ts')).siteAccess(request),
    grantSiteAccess: async (wish) => await (await import('./site-care.ts')).grantSiteAccess(wish),
    siteManifest: async (spec) => (await import('./site-rehearsal.ts')).siteManifest(settings, spec),
    siteDryRun: async (spec) => await (await import('./site-rehearsal.ts')).siteDryRun(settings, spec),
    tryChannel: async (name, signal) =>
      await (await import('./notices/care.ts')).tryChannel(settings, env, name, signal),
    deliveries: async (runId) => await (await import('./notices/care.ts')).deliveriesOf(settings, runId),
    execInRank: async (files, wish) => await (await import('./site-exec.ts')).execInRank(settings, files, wish),
  };
}

async function crashTests(): Promise<void> {
  const { installCrashHook } = await import('./crash-hook.ts');
  installCrashHook(process.env);
}

async function version(): Promise<string> {
  const text = await readFile(join(ROOT, 'package.json'), 'utf8');
  const found: unknown = JSON.parse(text);
  const value = typeof found === 'object' && found !== null && 'version' in found ? found.version : null;
  return typeof value === 'string' ? value : '0.0.0';
}
