import { defineConfig } from 'vitest/config';

const second = 1_000;
const minute = 60 * second;

/**
 * A ring of tests. Rings run one after the other (`groupOrder`), the fast ones first; only the unit ring,
 * which touches nothing shared, runs files side by side.
 */
function ring(name: string, order: number, options: { timeout: number; workers: number; setup?: string }) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      globalSetup: options.setup ?? [],
      environment: 'node' as const,
      pool: 'forks' as const,
      testTimeout: options.timeout,
      hookTimeout: Math.max(options.timeout, minute),
      maxWorkers: options.workers,
      fileParallelism: options.workers > 1,
      sequence: { groupOrder: order },
    },
  };
}

export default defineConfig({
  test: {
    // The last line `N passed, N failed, N skipped` comes from a reporter given on the command line.
    passWithNoTests: false,
    allowOnly: false,
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      ring('unit', 0, { timeout: 10 * second, workers: 2 }),
      // Each file has a server of its own, and mostly waits.
      ring('workflow', 1, { timeout: minute, workers: 2 }),
      ring('replay', 2, { timeout: minute, workers: 1 }),
      ring('integration', 3, { timeout: 3 * minute, workers: 1 }),
      ring('kube', 4, { timeout: 5 * minute, workers: 1, setup: 'test/cluster-support/rings/kube.ts' }),
      ring('e2e', 5, { timeout: 15 * minute, workers: 1 }),
      // Not part of `npm test`: programs are killed, and what waits for that takes minutes.
      ring('chaos', 7, { timeout: 15 * minute, workers: 1, setup: 'test/cluster-support/rings/cluster.ts' }),
      // Not part of `npm test`: `npm run test:cluster` gets the operators it needs.
      ring('cluster', 6, { timeout: 5 * minute, workers: 1, setup: 'test/cluster-support/rings/cluster.ts' }),
    ],
  },
});
