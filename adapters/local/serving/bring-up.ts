import { crashPoint } from '../../../ports/crash-point.ts';
import { isAlive } from '../process.ts';
import { notReady, portTaken } from './errors.ts';
import { freeServicePort, isPortFree } from './port.ts';
import { waitReady } from './probe.ts';
import type { ServerHost, ServerPlace } from './server-process.ts';
import { endServers, findServer, findServers, logSize, startServer } from './server-process.ts';
import type { Running, Served, ServiceState, ServiceStore } from './state.ts';

/** What every step on a service works with. */
export interface ServingRoom {
  readonly store: ServiceStore;
  readonly host: ServerHost;
}

export interface BroughtUp {
  readonly state: ServiceState;
  /** Seconds from spawn to ready; 0 when the server was there already. */
  readonly seconds: number;
}

export function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

export function placeOf(room: ServingRoom, state: ServiceState): ServerPlace {
  return { service: state.service, folder: room.store.folder(state.service), port: state.port };
}

export interface Started {
  readonly state: ServiceState;
  /** `performance.now()` just before the spawn; `null` when the server ran already. */
  readonly spawnedAt: number | null;
}

/**
 * Starts this version's server, or takes the one that runs; ends every other of the service. Does not wait until it
 * is ready. The old one ends while the new one loads; a server waits for its port before it listens.
 */
export async function startOrAdopt(room: ServingRoom, state: ServiceState, served: Served): Promise<Started> {
  const place = placeOf(room, state);
  const existing = findServer(place.folder, served.version, state.running);
  const others = findServers(place.folder, state.running).filter(({ pid }) => pid !== existing?.pid);
  if (existing !== null) {
    await endServers(place.folder, others);
    return { state: await record(room, state, existing), spawnedAt: null };
  }
  if (others.length === 0 && !(await isPortFree(place.port))) throw portTaken(place.service, place.port);
  crashPoint('serve.before-spawn');
  const spawnedAt = performance.now();
  const [ended, started] = await Promise.allSettled([
    endServers(place.folder, others),
    spawnServer(room, state, place, served),
  ]);
  if (ended.status === 'rejected') throw ended.reason;
  if (started.status === 'rejected') throw started.reason;
  return { state: started.value, spawnedAt };
}

/**
 * The same, and waits until server and model are ready. Throws `TY_SERVE_NOT_READY` or `TY_SERVE_PORT_TAKEN`;
 * the server is then still to be ended.
 */
export async function bringUp(
  room: ServingRoom,
  state: ServiceState,
  served: Served,
  signal: AbortSignal,
): Promise<BroughtUp> {
  signal.throwIfAborted();
  const place = placeOf(room, state);
  const offset = await logSize(served.log);
  const started = await startOrAdopt(room, state, served);
  const { running } = started.state;
  const alive = (): boolean => running !== null && isAlive(running);
  if (!(await waitReady(urlOf(place.port), served.model, { seconds: served.readySeconds, alive, signal }))) {
    throw await notReady(place, served, started.spawnedAt === null ? 0 : offset, !alive());
  }
  crashPoint('serve.after-ready');
  const seconds = started.spawnedAt === null ? 0 : (performance.now() - started.spawnedAt) / 1000;
  return { state: started.state, seconds };
}

/** The port the service keeps, the one the plan names, or a free one. Throws `TY_SERVE_PORT_TAKEN`. */
export async function choosePort(
  room: ServingRoom,
  service: string,
  planned: number | null,
  state: ServiceState | null,
): Promise<number> {
  const wanted = planned ?? state?.port ?? null;
  if (wanted !== null) {
    const ours = state?.port === wanted && findServers(room.store.folder(service), state.running).length > 0;
    if (ours || (await isPortFree(wanted))) return wanted;
  }
  if (planned !== null) throw portTaken(service, planned);
  const others = await room.store.list();
  return freeServicePort(new Set(others.map(({ port }) => port)));
}

async function spawnServer(
  room: ServingRoom,
  state: ServiceState,
  place: ServerPlace,
  served: Served,
): Promise<ServiceState> {
  const running = await startServer(room.host, place, served);
  crashPoint('serve.after-spawn');
  return record(room, state, running);
}

async function record(room: ServingRoom, state: ServiceState, running: Running): Promise<ServiceState> {
  const next = { ...state, running };
  await room.store.write(next);
  return next;
}
