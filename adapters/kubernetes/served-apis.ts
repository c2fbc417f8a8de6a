import { at, listAt, textAt } from '../../domain/json.ts';
import type { KubeApi } from './api.ts';
import { isWithheld } from './failure.ts';

/** What an API server says it serves. Any authenticated user may ask. */
export interface ServedApis {
  /** Served versions of a group, the preferred one first; empty = the group is not there. */
  versions(group: string): readonly string[];
  /** Whether that version of the group has the resource (its plural). */
  serves(group: string, version: string, resource: string): Promise<boolean>;
}

/** @throws KubeFailure */
export async function readServedApis(api: KubeApi): Promise<ServedApis> {
  const groups = groupVersions(await api.send('GET', '/apis'));
  const resources = new Map<string, Promise<ReadonlySet<string>>>();
  const versions = (group: string): readonly string[] => groups.get(group) ?? [];
  return {
    versions,
    serves: async (group, version, resource) => {
      if (!versions(group).includes(version)) return false;
      const path = `/apis/${group}/${version}`;
      const known = resources.get(path) ?? resourceNames(api, path);
      resources.set(path, known);
      return (await known).has(resource);
    },
  };
}

/** The answer, or `null` where there is no such thing or it may not be read. */
export async function readIfAllowed(api: KubeApi, path: string): Promise<unknown> {
  try {
    return await api.send('GET', path);
  } catch (error) {
    if (isWithheld(error)) return null;
    throw error;
  }
}

function groupVersions(answer: unknown): ReadonlyMap<string, readonly string[]> {
  return new Map(
    listAt(answer, 'groups').map((group) => {
      const served = listAt(group, 'versions').flatMap((entry) => textAt(entry, 'version') ?? []);
      const preferred = textAt(at(group, 'preferredVersion'), 'version');
      const sorted = served.toSorted((a, b) => Number(b === preferred) - Number(a === preferred));
      return [textAt(group, 'name') ?? '', sorted];
    }),
  );
}

async function resourceNames(api: KubeApi, path: string): Promise<ReadonlySet<string>> {
  // A group can go between the two questions.
  const answer = await readIfAllowed(api, path);
  return new Set(listAt(answer, 'resources').flatMap((entry) => textAt(entry, 'name') ?? []));
}
