#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache();

const argv = process.argv.slice(2);

/** `package.json` lies two folders up in the sources and three in the built package. */
function readVersion(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const found: unknown = JSON.parse(readFileSync(fileURLToPath(new URL(up, import.meta.url)), 'utf8'));
      const version: unknown = typeof found === 'object' && found !== null ? Reflect.get(found, 'version') : null;
      if (typeof version === 'string') return version;
    } catch {
      // Not there: the other layout.
    }
  }
  return '0.0.0';
}

/** The first Ctrl-C asks the command to end; the second ends it. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code);
      controller.abort();
    });
  }
  return controller.signal;
}

async function main(): Promise<number> {
  const { runCli } = await import('./cli.ts');
  return runCli(argv, {
    streams: process,
    env: process.env,
    cwd: process.cwd(),
    version: readVersion(),
    signal: interruption(),
    compose: () => import('../../worker/compose.ts'),
  });
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${readVersion()}\n`);
} else if (argv[0] === 'replica') {
  // Trainyard's own program inside pods; it needs nothing of the command line.
  const { runReplica } = await import('../../worker/replica/main.ts');
  process.exitCode = await runReplica(argv.slice(1), process.env, interruption());
} else {
  process.exitCode = await main();
}
