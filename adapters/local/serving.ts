import { join } from 'node:path';
import type { Serving, ServiceStatus } from '../../ports/serving.ts';
import type { ServingRoom } from './serving/bring-up.ts';
import { choosePort, startOrAdopt, urlOf } from './serving/bring-up.ts';
import { register, restore } from './serving/register.ts';
import { requireRuntime } from './serving/runtime.ts';
import { endAllServers, findServer } from './serving/server-process.ts';
import type { ServiceState } from './serving/state.ts';
import { createServiceStore } from './serving/state.ts';

export interface LocalServingOptions {
  /** The workspace, absolute: services are kept in `published/`. */
  readonly root: string;
  /** PATH whose first `python3` has torch and the inference server. */
  readonly path: string;
  /** The project's `assets` folder, absolute. */
  readonly assets: string;
}

/**
 * Inference servers as processes of this machine, on the loopback interface. They outlive the worker; a later one
 * finds them by what `service.json` says and by marks in their environment.
 */
export function createLocalServing(options: LocalServingOptions): Serving {
  const store = createServiceStore(options.root);
  const room: ServingRoom = { store, host: { path: options.path, assets: join(options.assets, 'serving') } };
  const locks = createLocks();
  let ending = new AbortController();
  let runtime: Promise<void> | undefined;
  return {
    preflight: async (plan) => {
      await choosePort(room, plan.service, plan.port, await store.read(plan.service));
      runtime ??= requireRuntime(options.path);
      await runtime.catch((error: unknown) => {
        // What was missing may be installed before the next look.
        runtime = undefined;
        throw error;
      });
    },
    register: (request) => locks.run(request.plan.service, () => register(room, request, ending.signal)),
    restore: (service, version) => locks.run(service, () => restore(room, service, version, ending.signal)),
    list: async () => (await store.list()).flatMap((state) => toStatus(room, state)),
    resume: async () => {
      const states = await store.list();
      await Promise.all(states.map(({ service }) => locks.run(service, () => resume(room, service))));
    },
    stopAll: async () => {
      ending.abort(new Error('the inference servers are being stopped'));
      await locks.idle();
      const states = await store.list();
      await Promise.all(states.map(({ service }) => locks.run(service, () => stop(room, service))));
      ending = new AbortController();
    },
  };
}

/** Leaves an attempt's server to the attempt, which will be retried; otherwise starts the version that should serve. */
async function resume(room: ServingRoom, service: string): Promise<void> {
  const state = await room.store.read(service);
  if (state === null || state.current === null) return;
  const folder = room.store.folder(service);
  if (state.trying !== null && findServer(folder, state.trying.version, state.running) !== null) return;
  const port = await choosePort(room, service, null, state);
  await startOrAdopt(room, { ...state, port }, state.current);
}

async function stop(room: ServingRoom, service: string): Promise<void> {
  const state = await room.store.read(service);
  if (state === null) return;
  await endAllServers(room.store.folder(service), state.running);
  await room.store.write({ ...state, running: null });
}

function toStatus(room: ServingRoom, state: ServiceState): readonly ServiceStatus[] {
  const { service, current, port } = state;
  if (current === null) return [];
  const running = findServer(room.store.folder(service), current.version, state.running);
  return [
    {
      service,
      model: current.model,
      version: current.version,
      url: urlOf(port),
      alive: running !== null,
      pid: running?.pid ?? null,
    },
  ];
}

interface Locks {
  /** One after the other for the same name. */
  run<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Resolves when what runs now has ended. */
  idle(): Promise<void>;
}

function createLocks(): Locks {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run: (name, work) => {
      const next = (tails.get(name) ?? Promise.resolve()).then(work);
      tails.set(
        name,
        next.catch(() => undefined),
      );
      return next;
    },
    idle: async () => {
      await Promise.all(tails.values());
    },
  };
}
