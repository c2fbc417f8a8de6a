import { globSync, readFileSync } from 'node:fs';

/** The rooms of ARCHITECTURE.md that hold product code. */
export const ROOMS = [
  'domain',
  'ports',
  'spec',
  'recipes',
  'backends',
  'workflows',
  'activities',
  'adapters',
  'worker',
  'client',
];
const SOURCE = `{${[...ROOMS, 'bin', 'scripts', 'bench', 'assets'].join(',')}}/**/*.{ts,mjs,cjs,py}`;
const TESTS = 'test/**/*.ts';

const LIMITS = { median: 120, source: 300, test: 400 };

/** Files and their line counts, longest first. */
function measure(root, pattern) {
  return globSync(pattern, { cwd: root, exclude: ['**/node_modules/**', '**/__pycache__/**'] })
    .map((file) => ({ file, lines: readFileSync(`${root}/${file}`, 'utf8').split('\n').length - 1 }))
    .toSorted((a, b) => b.lines - a.lines);
}

/** The line budget: small files keep one reason to change each. */
export function checkLines(root) {
  const source = measure(root, SOURCE);
  const tests = measure(root, TESTS);
  const median = source[Math.floor(source.length / 2)]?.lines ?? 0;
  const problems = [
    ...source
      .filter(({ lines }) => lines > LIMITS.source)
      .map(({ file, lines }) => `${file}: ${lines} > ${LIMITS.source}`),
    ...tests.filter(({ lines }) => lines > LIMITS.test).map(({ file, lines }) => `${file}: ${lines} > ${LIMITS.test}`),
  ];
  if (median > LIMITS.median) problems.push(`median of source files: ${median} > ${LIMITS.median}`);
  const longest = source[0];
  return {
    problems,
    summary: `${source.length} source files, median ${median}, longest ${longest?.lines ?? 0} (${longest?.file ?? '-'})`,
  };
}
