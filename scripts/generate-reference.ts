import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cliPage } from './reference/cli-page.ts';
import { deployFiles } from './reference/deploy-files.ts';
import { envPage } from './reference/env-page.ts';
import { errorsPage } from './reference/errors-page.ts';
import { schemaFile } from './reference/schema-file.ts';
import { specPage } from './reference/spec-page.ts';

/** Every generated page by its name in `docs/reference`. */
export function referencePages(): Readonly<Record<string, string>> {
  return {
    'spec.schema.json': schemaFile(),
    'spec.md': specPage(),
    'errors.md': errorsPage(),
    'env.md': envPage(),
    'cli.md': cliPage(),
  };
}

/** Everything that is generated, by its path in the repository. */
function generated(): Readonly<Record<string, string>> {
  const pages = Object.entries(referencePages()).map(([name, text]) => [`docs/reference/${name}`, text]);
  return { ...Object.fromEntries(pages), ...deployFiles() };
}

function main(check: boolean): number {
  let drift = 0;
  for (const [name, text] of Object.entries(generated())) {
    const path = join(import.meta.dirname, '..', name);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    drift += 1;
    if (!check) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    process.stdout.write(`${check ? 'out of date' : 'written'}: ${name}\n`);
  }
  if (check && drift > 0) process.stderr.write('fix: node scripts/generate-reference.ts\n');
  return check && drift > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = main(process.argv.includes('--check'));
