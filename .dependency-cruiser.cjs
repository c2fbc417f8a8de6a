/**
 * The arrows between the rooms, as a test. Every room lists what it may import; what is not listed is an error.
 * Rooms without an entry (bin, scripts, test, bench, examples) are free.
 *
 * Type-only imports count as imports, with one exception: workflows name the activities by `import type`.
 * Because `workflows` reach only `domain`, and `domain` reaches nothing but the verifier of signatures, no schema
 * library and no Node built-in can come into the workflow bundle, however many hops away.
 */

/** @type {Record<string, {rooms: string[], libs: string[], builtins?: boolean, from?: string, except?: string}>} */
const ROOMS = {
  // One library: pure arithmetic that must run in the workflow's sandbox, and that nobody should write by hand.
  domain: { rooms: [], libs: ['@noble/curves'], builtins: false },
  ports: { rooms: ['domain/'], libs: [] },
  recipes: { rooms: ['domain/'], libs: ['zod', 'yaml'], builtins: false },
  backends: { rooms: ['ports/', 'domain/'], libs: ['zod', 'yaml'] },
  spec: {
    rooms: ['recipes/', 'backends/[^/]+/options\\.ts$', 'domain/'],
    libs: ['zod', 'yaml', 'fastest-levenshtein'],
  },
  workflows: {
    rooms: ['domain/', 'activities/'],
    libs: ['@temporalio/workflow', '@temporalio/common'],
    builtins: false,
  },
  activities: {
    rooms: ['ports/', 'domain/', 'spec/', 'recipes/'],
    libs: ['@temporalio/activity', '@temporalio/common'],
  },
  adapters: {
    rooms: ['ports/', 'domain/'],
    libs: [
      'simple-git',
      'pidusage',
      'write-file-atomic',
      '@kubernetes/client-node',
      'yaml',
      'nodemailer',
      '@aws-sdk/client-s3',
      '@aws-sdk/lib-storage',
    ],
  },
  worker: {
    rooms: ['activities/', 'adapters/', 'backends/', 'ports/', 'domain/', 'spec/'],
    libs: [
      '@temporalio/worker',
      '@temporalio/client',
      '@temporalio/common',
      '@temporalio/activity',
      '@temporalio/envconfig',
      'pino',
      'pngjs',
      'write-file-atomic',
      'yaml',
    ],
  },
  client: {
    rooms: ['spec/', 'domain/', 'ports/'],
    libs: [
      '@temporalio/client',
      '@temporalio/common',
      '@temporalio/envconfig',
      'commander',
      'yaml',
      'fastest-levenshtein',
      'zod',
    ],
    except: '^client/cli/main\\.ts$',
  },
  'client-cli-main': {
    from: '^client/cli/main\\.ts$',
    rooms: ['client/', 'worker/', 'spec/', 'domain/', 'ports/'],
    libs: ['commander'],
  },
};

/** Libraries of foreign systems: named in `adapters/` and nowhere else in the product. */
const FOREIGN = ['simple-git', 'pidusage', '@kubernetes/client-node', 'nodemailer', '@aws-sdk'];

const inModules = (lib) => `node_modules/(@types/)?${lib}/`;

function roomRules([name, room]) {
  const from = room.from ?? `^${name}/`;
  const own = room.from ? [] : [from];
  const rules = [
    {
      name: `${name}-imports`,
      comment: `${name}/ may import ${[...room.rooms, ...room.libs].join(', ') || 'nothing'} and itself`,
      severity: 'error',
      from: { path: from, ...(room.except ? { pathNot: room.except } : {}) },
      to: {
        pathNot: [...own, ...room.rooms.map((path) => `^${path}`), ...room.libs.map(inModules)],
        dependencyTypesNot: ['core'],
      },
    },
  ];
  if (room.builtins === false) {
    rules.push({
      name: `${name}-is-pure`,
      comment: `${name}/ uses no Node built-in: values in, values out`,
      severity: 'error',
      from: { path: from },
      to: { dependencyTypes: ['core'] },
    });
  }
  return rules;
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(ROOMS).flatMap(roomRules),
    {
      name: 'workflows-name-activities-by-type',
      comment: 'activities run outside the sandbox: workflows may import their types only',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^activities/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'foreign-libraries-in-adapters',
      comment: 'a foreign system is named in its adapter only; everyone else sees the port',
      severity: 'error',
      from: { path: '^(domain|ports|recipes|backends|spec|workflows|activities|worker|client)/' },
      to: { path: FOREIGN.map(inModules) },
    },
    {
      name: 'a-backend-knows-no-other-backend',
      comment: 'what backends share lies in backends/shared/ or domain/',
      severity: 'error',
      from: { path: '^backends/([^/]+)/', pathNot: '^backends/shared/' },
      to: { path: '^backends/[^/]+/', pathNot: ['^backends/$1/', '^backends/shared/'] },
    },
    {
      name: 'an-adapter-knows-no-other-adapter',
      comment: 'adapters meet in worker/, as ports; what they share lies in adapters/shared/',
      severity: 'error',
      from: { path: '^adapters/([^/]+)/' },
      to: { path: '^adapters/[^/]+/', pathNot: ['^adapters/$1/', '^adapters/shared/'] },
    },
    {
      name: 'product-knows-no-tests',
      comment: 'nothing that ships imports tests, benches or scripts',
      severity: 'error',
      from: { path: '^(domain|ports|recipes|backends|spec|workflows|activities|adapters|worker|client)/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'no-cycles',
      comment: 'two files that need each other are one file, or miss a third',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      comment: 'every import leads to a file or an installed package',
      severity: 'error',
      from: { pathNot: '^(examples|test)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.trainyard|coverage|assets|node_modules/\\.)' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
    skipAnalysisNotInRules: false,
  },
};
