import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalServing } from '../../adapters/local/serving.ts';
import type { Serving } from '../../ports/serving.ts';
import type { ServingHarness } from '../contract/serving.contract.ts';

/** What the stub server does with a package. */
export interface StubBehaviour {
  readonly load?: 'fail';
  readonly ready?: boolean;
  readonly values?: number;
  /** Added to the sum of the inputs in each answer: tells versions apart. */
  readonly offset?: number;
}

export interface LocalServingHarness extends ServingHarness {
  readonly root: string;
  readonly assets: string;
  makeStub(version: string, behaviour: StubBehaviour): Promise<string>;
  /** Another worker's view of the same workspace. */
  another(): Serving;
}

/** `LocalServing` in a folder of its own, with a small stub in place of the inference server. */
export async function openLocalServing(): Promise<LocalServingHarness> {
  const root = await mkdtemp(join(tmpdir(), 'trainyard-serving-'));
  const assets = join(import.meta.dirname, 'stub-server');
  // The stub needs no package, so the system's Python will do.
  const another = (): Serving => createLocalServing({ root, path: process.env['PATH'] ?? '', assets });
  const makeStub = async (version: string, behaviour: StubBehaviour): Promise<string> => {
    const directory = join(root, 'published', 'digits', version);
    await mkdir(join(directory, 'digits', '1'), { recursive: true });
    await writeFile(join(directory, 'digits', '1', 'model.torchscript'), JSON.stringify(behaviour));
    return directory;
  };
  const listeners: Server[] = [];
  const serving = another();
  return {
    root,
    assets,
    serving,
    another,
    makeStub,
    makePackage: (version, works) => makeStub(version, works ? {} : { load: 'fail' }),
    logFile: (version) => join(root, 'runs', version, 'server-0.log'),
    takenPort: async () => {
      const listener = createServer().listen(0, '127.0.0.1');
      listeners.push(listener);
      await new Promise((resolve) => listener.once('listening', resolve));
      const address = listener.address();
      if (typeof address !== 'object' || address === null) throw new Error('no port');
      return address.port;
    },
    close: async () => {
      for (const listener of listeners) listener.close();
      await serving.stopAll();
      await rm(root, { recursive: true, force: true });
    },
  };
}
