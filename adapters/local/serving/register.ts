import { crashPoint } from '../../../ports/crash-point.ts';
import type { Registered, RegisterRequest } from '../../../ports/serving.ts';
import type { ServingRoom } from './bring-up.ts';
import { bringUp, choosePort, placeOf, urlOf } from './bring-up.ts';
import { badAnswer, withOutcome } from './errors.ts';
import { askOnce, isReady } from './probe.ts';
import { endAllServers, findServer } from './server-process.ts';
import type { Served, ServiceState } from './state.ts';

/**
 * Puts a version behind its service. `ending` is aborted when all servers are stopped: then nothing is brought back,
 * and the attempt stays written down for the next time.
 */
export async function register(room: ServingRoom, request: RegisterRequest, ending: AbortSignal): Promise<Registered> {
  const { plan, version } = request;
  const known = await room.store.read(plan.service);
  const port = await choosePort(room, plan.service, plan.port, known);
  const found = await findServing(room, known, version, port);
  if (found !== null) return found;
  const trying = toServed(request);
  const empty: ServiceState = { service: plan.service, port, current: null, before: null, trying, running: null };
  const state = known === null ? empty : await moveTo(room, { ...known, trying }, port);
  crashPoint('serve.before-try');
  await room.store.write(state);
  crashPoint('serve.try-kept');
  const signal = AbortSignal.any([request.signal, ending]);
  try {
    return await tryVersion(room, state, trying, signal);
  } catch (error) {
    if (ending.aborted) throw error;
    const outcome = await goBack(room, state, versionBefore(state, version), ending);
    throw request.signal.aborted ? request.signal.reason : withOutcome(error, outcome);
  }
}

/** The undo of `register`; nothing happens when the service has another version by now. */
export async function restore(room: ServingRoom, service: string, version: string, ending: AbortSignal): Promise<void> {
  const state = await room.store.read(service);
  if (state === null) return;
  if (state.current?.version !== version && state.trying?.version !== version) return;
  await settle(room, state, versionBefore(state, version), ending);
}

async function tryVersion(
  room: ServingRoom,
  state: ServiceState,
  trying: Served,
  signal: AbortSignal,
): Promise<Registered> {
  const up = await bringUp(room, state, trying, signal);
  const url = urlOf(state.port);
  const fault = await askOnce(url, trying.model, signal);
  if (fault !== null) throw badAnswer(placeOf(room, state), trying, fault);
  crashPoint('serve.answered');
  const current = { ...trying, startSeconds: up.seconds };
  await room.store.write({ ...up.state, current, before: versionBefore(state, trying.version), trying: null });
  crashPoint('serve.kept');
  return { url, startSeconds: up.seconds, found: false };
}

async function findServing(
  room: ServingRoom,
  state: ServiceState | null,
  version: string,
  port: number,
): Promise<Registered | null> {
  if (state === null || state.current?.version !== version || state.trying !== null || state.port !== port) return null;
  const url = urlOf(port);
  const running = findServer(room.store.folder(state.service), version, state.running);
  if (running === null || !(await isReady(url, state.current.model))) return null;
  return { url, startSeconds: state.current.startSeconds, found: true };
}

/** On a new port no server of the old one can be taken over. */
async function moveTo(room: ServingRoom, state: ServiceState, port: number): Promise<ServiceState> {
  if (state.port === port) return state;
  await endAllServers(room.store.folder(state.service), state.running);
  return { ...state, port, running: null };
}

function versionBefore(state: ServiceState, version: string): Served | null {
  return state.current?.version === version ? state.before : state.current;
}

async function goBack(
  room: ServingRoom,
  state: ServiceState,
  back: Served | null,
  ending: AbortSignal,
): Promise<string> {
  try {
    await settle(room, state, back, ending);
    return back === null ? 'no version was there before' : `version ${back.version} serves again`;
  } catch (error) {
    return `the version before did not come back: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Writes down what shall serve, then makes it so. */
async function settle(room: ServingRoom, state: ServiceState, back: Served | null, signal: AbortSignal): Promise<void> {
  const last = (await room.store.read(state.service)) ?? state;
  if (back === null) {
    await endAllServers(room.store.folder(state.service), last.running);
    await room.store.remove(state.service);
    return;
  }
  const settled: ServiceState = { ...last, current: back, before: null, trying: null };
  await room.store.write(settled);
  await bringUp(room, settled, back, signal);
}

function toServed({ plan, version, directory, log }: RegisterRequest): Served {
  return { version, model: plan.model, directory, log, readySeconds: plan.readySeconds, startSeconds: 0 };
}
