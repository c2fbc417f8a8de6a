#!/usr/bin/env node
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

// Runs on Node 20 as well, so that an old Node gets an explanation and not a syntax error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  // Compiled code is kept between starts; a cache that cannot be written changes nothing but the speed.
  nodeModule.enableCompileCache?.();
  const compiled = new URL('../dist/client/cli/main.js', import.meta.url);
  await import(existsSync(compiled) ? compiled.href : new URL('../client/cli/main.ts', import.meta.url).href);
} else {
  process.exitCode = await runOnCachedNode();
}

async function runOnCachedNode() {
  const { cacheRoot, isExecutable } = await import('../scripts/setup/cache.mjs');
  const { cachedNode, NODE_FLOOR } = await import('../scripts/setup/node.mjs');
  const node = cachedNode(cacheRoot());
  if (isExecutable(node)) {
    const { launch } = await import('../scripts/setup/launch.mjs');
    return launch(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], process.env);
  }
  const { SetupError } = await import('../scripts/setup/report.mjs');
  const error = new SetupError('TY_SETUP_UNOBTAINABLE', `Node ${NODE_FLOOR} or newer is needed`, {
    where: `${process.execPath} is Node ${process.versions.node}`,
    why: `no newer one is kept in ${node}`,
    fix: 'npm run setup, in the checkout\nor install Node 24 from https://nodejs.org/en/download',
  });
  process.stderr.write(`${error.render()}\n`);
  return 1;
}
