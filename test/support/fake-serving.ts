import { TrainyardError } from '../../domain/errors.ts';
import type { RegisterRequest, Registered, Serving, ServiceStatus } from '../../ports/serving.ts';

/** Inference services that exist in memory only. */
export interface FakeServing extends Serving {
  /** Versions whose server does not become ready. */
  readonly broken: Set<string>;
  /** Ports other programs listen on. */
  readonly taken: Set<number>;
  /** Every version that was started, in order. */
  readonly started: readonly string[];
}

interface Entry {
  readonly port: number;
  readonly model: string;
  readonly version: string;
  readonly before: string | null;
  readonly pid: number | null;
}

export function createFakeServing(): FakeServing {
  const services = new Map<string, Entry>();
  const broken = new Set<string>();
  const taken = new Set<number>();
  const started: string[] = [];
  let pid = 1_000_000;
  let port = 40_000;
  const start = (version: string): number => {
    started.push(version);
    pid += 1;
    return pid;
  };
  const checkPort = (wanted: number | null): void => {
    if (wanted === null || !taken.has(wanted)) return;
    throw new TrainyardError('TY_SERVE_PORT_TAKEN', `port ${wanted} is taken by another program`);
  };
  const register = ({ plan, version, signal }: RegisterRequest): Registered => {
    checkPort(plan.port);
    const known = services.get(plan.service);
    const url = `http://127.0.0.1:${plan.port ?? known?.port ?? port + 1}`;
    if (known?.version === version && known.pid !== null) return { url, startSeconds: 0.1, found: true };
    signal.throwIfAborted();
    if (broken.has(version)) {
      started.push(version);
      if (known !== undefined) services.set(plan.service, { ...known, pid: start(known.version) });
      throw new TrainyardError('TY_SERVE_NOT_READY', `${version} did not become ready`, { why: 'told to break' });
    }
    port += 1;
    const before = known?.version === version ? known.before : (known?.version ?? null);
    const own = plan.port ?? known?.port ?? port;
    services.set(plan.service, { port: own, model: plan.model, version, before, pid: start(version) });
    return { url: `http://127.0.0.1:${own}`, startSeconds: 0.1, found: false };
  };
  return {
    broken,
    taken,
    started,
    preflight: async (plan) => checkPort(plan.port),
    register: async (request) => register(request),
    restore: async (service, version) => {
      const known = services.get(service);
      if (known?.version !== version) return;
      if (known.before === null) services.delete(service);
      else services.set(service, { ...known, version: known.before, before: null, pid: start(known.before) });
    },
    list: async () =>
      [...services].map(([service, entry]): ServiceStatus => ({
        service,
        model: entry.model,
        version: entry.version,
        url: `http://127.0.0.1:${entry.port}`,
        alive: entry.pid !== null,
        pid: entry.pid,
      })),
    resume: async () => {
      for (const [service, entry] of services) {
        if (entry.pid === null) services.set(service, { ...entry, pid: start(entry.version) });
      }
    },
    stopAll: async () => {
      for (const [service, entry] of services) services.set(service, { ...entry, pid: null });
    },
  };
}
