import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, tool } from './run.mjs';

/**
 * Builds the package as it would be published, beside the sources, and looks at it: the compiler emits,
 * publint finds nothing, and the command starts from the built files. The folder lies under
 * `node_modules`, so that the built files find their dependencies and the checkout stays clean.
 */
export async function checkPackage(root) {
  const stage = join(root, 'node_modules/.cache/trainyard-package');
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  // The types were checked on the sources; here they are only emitted.
  const build = await tool(root, 'tsc', ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(stage, 'dist')]);
  if (build.code !== 0) return { problems: [build.output.trim()], summary: 'does not compile' };

  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const entry of ['package.json', ...manifest.files.filter((name) => name !== 'dist')]) {
    if (!existsSync(join(root, entry)))
      return { problems: [`package.json: files names ${entry}, which is not there`], summary: '' };
    cpSync(join(root, entry), join(stage, entry), { recursive: true });
  }
  const lint = await tool(root, 'publint', ['run', '--strict', '--pack', 'false'], { cwd: stage });
  if (lint.code !== 0) return { problems: [lint.output.trim()], summary: 'publint complains' };

  const command = join(stage, manifest.bin.trainyard);
  const started = await run(process.execPath, [command, 'version'], { cwd: stage });
  if (started.code !== 0)
    return { problems: [`trainyard version: exit ${started.code}`, started.output.trim()], summary: '' };
  rmSync(stage, { recursive: true, force: true });
  return {
    problems: [],
    summary: `compiles, publint is content, \`trainyard version\` says ${started.output.trim().split('\n')[0]}`,
  };
}
