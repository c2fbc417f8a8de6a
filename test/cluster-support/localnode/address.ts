import { networkInterfaces } from 'node:os';
import type { Pod } from './pod.ts';

/** Annotation of pods that the API server is to reach: it goes to no address of loopback. */
export const REACHABLE = 'trainyard.test/reachable';

/** Where a pod answers, whatever it listens on: this machine is all there is. */
export function addressOf({ metadata }: Pod): string {
  if (metadata.annotations?.[REACHABLE] !== 'true') return '127.0.0.1';
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  if (own === undefined) throw new Error('this machine has no address besides loopback');
  return own.address;
}
