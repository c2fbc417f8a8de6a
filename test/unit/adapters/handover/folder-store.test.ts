import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { createFolderStore } from '../../../../adapters/handover/folder-store.ts';
import { describeObjectStore } from '../../../contract/object-store.contract.ts';

const root = mkdtempSync(join(tmpdir(), 'ty-claim-'));

afterAll(() => rmSync(root, { recursive: true, force: true }));

describeObjectStore('a claim that holds what is handed over', () =>
  Promise.resolve(createFolderStore(root, 'claim x')),
);
