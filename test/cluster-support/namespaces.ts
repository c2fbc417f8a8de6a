import { randomBytes } from 'node:crypto';
import { eventually } from './eventually.ts';
import { apply } from './objects.ts';
import type { Rest } from './rest.ts';

/** Makes a namespace that no other test uses, and waits until pods can be made in it. */
export async function addNamespace(rest: Rest, label = 'test'): Promise<string> {
  const name = `${label}-${randomBytes(4).toString('hex')}`;
  await apply(rest, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }]);
  await eventually(`the namespace ${name} has its service account`, 30, async () => {
    const answer = await rest.send('GET', `/api/v1/namespaces/${name}/serviceaccounts/default`);
    return answer.status === 200;
  });
  return name;
}

/** Asks for its removal; what is in it goes on its own. */
export async function removeNamespace(rest: Rest, name: string): Promise<void> {
  await rest.send('DELETE', `/api/v1/namespaces/${name}`);
}
