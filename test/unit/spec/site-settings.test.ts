import { describe, expect, it } from 'vitest';
import { TrainyardError } from '../../../domain/errors.ts';
import { loadSettings } from '../../../spec/settings.ts';
import type { Settings } from '../../../spec/settings.ts';
import { siteOf } from '../../../spec/site-settings.ts';

const SITE = 'namespace: ml, workspace: { root: /ws, claim: files }';

function load(file: string): Settings {
  return loadSettings({ env: { HOME: '/home/me' }, file, dev: null, directory: '/work' });
}

function refusal(run: () => unknown): TrainyardError {
  try {
    run();
  } catch (error) {
    if (error instanceof TrainyardError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('sites of the settings', () => {
  it('need a namespace and a claim; the rest has a default', () => {
    expect(load(`sites: { gpu: { ${SITE} } }`).sites).toMatchObject({
      gpu: {
        kubeconfig: null,
        context: null,
        namespace: 'ml',
        workspace: { root: '/ws', claim: 'files', subPath: '' },
        taskQueue: 'trainyard-gpu',
        runAs: { user: 1000, group: 1000 },
        image: null,
        profiles: {},
        serviceAccounts: [],
        hostPath: false,
      },
    });
  });

  it('name Services that tell of GPUs by their namespace', () => {
    const gpu = '[gpu-operator/nvidia-dcgm-exporter, "kube-system/hami:9394"]';
    expect(load(`sites: { gpu: { ${SITE}, metrics: { gpu: ${gpu} } } }`).sites['gpu']?.gpuMetrics).toEqual([
      { namespace: 'gpu-operator', name: 'nvidia-dcgm-exporter', port: null },
      { namespace: 'kube-system', name: 'hami', port: 9394 },
    ]);
    for (const wrong of ['dcgm', 'a/b/c', 'a/b:0', 'a/../b', 'A/b', 'a/b?x']) {
      const refused = refusal(() => load(`sites: { gpu: { ${SITE}, metrics: { gpu: ["${wrong}"] } } }`));
      expect(refused.code).toBe('TY_SETTINGS_INVALID');
    }
  });

  it('can do without a claim where they say how replicas fetch and hand over for themselves', () => {
    const replicas = 'image: reg.example/trainyard:1, credentials: forge';
    const s3 = 's3: { bucket: runs, prefix: ml, endpoint: "https://s3.example/", secret: keys, keys: /keys/ }';
    const at = (handover: string) => `{ root: /ws, claim: null, replicas: { ${replicas}, handover: { ${handover} } } }`;
    const read = (handover: string) =>
      load(`sites: { gpu: { namespace: ml, workspace: ${at(handover)} } }`).sites['gpu']?.workspace;
    expect(read(s3)).toMatchObject({
      claim: null,
      replicas: {
        command: ['trainyard'],
        credentials: 'forge',
        handoverFolder: '/keys',
        handover: { kind: 's3', bucket: 'runs', prefix: 'ml/', endpoint: 'https://s3.example', pathStyle: true },
      },
    });
    expect(read('claim: { name: between, root: /between }')?.replicas).toMatchObject({
      handover: { kind: 'claim', claim: 'between' },
      handoverFolder: '/between',
    });
  });

  it.each([
    [
      'a claim and replicas',
      'root: /ws, claim: files, replicas: { image: x, handover: { claim: { name: a, root: /a } } }',
    ],
    ['neither', 'root: /ws, claim: null'],
    [
      'two places to hand over',
      'root: /ws, claim: null, replicas: { image: x, handover: { claim: { name: a, root: /a }, s3: { bucket: abc, secret: k, keys: /k } } }',
    ],
    [
      'a bucket with a password in its address',
      'root: /ws, claim: null, replicas: { image: x, handover: { s3: { bucket: abc, secret: k, keys: /k, endpoint: "https://a:b@s3.example" } } }',
    ],
  ])('are refused with %s', (_what, workspace) => {
    const refused = refusal(() => load(`sites: { gpu: { namespace: ml, workspace: { ${workspace} } } }`));
    expect(refused.code).toBe('TY_SETTINGS_INVALID');
  });

  it('keep what the operator writes', () => {
    const file = `
sites:
  gpu:
    kubeconfig: ~/.kube/gpu
    context: lab
    namespace: ml
    workspace: { root: /ws/, claim: files, subPath: a/b }
    taskQueue: q
    runAs: { user: 7 }
    image: reg.example/torch:2
    profiles: { mine: { count: example.com/gpu, memory: example.com/gpumem } }
    serviceAccounts: [trainer]
    hostPath: true`;
    expect(load(file).sites['gpu']).toMatchObject({
      kubeconfig: '/home/me/.kube/gpu',
      context: 'lab',
      namespace: 'ml',
      workspace: { root: '/ws', claim: 'files', subPath: 'a/b' },
      taskQueue: 'q',
      runAs: { user: 7, group: 1000 },
      image: 'reg.example/torch:2',
      profiles: { mine: { count: 'example.com/gpu', cores: null, memory: 'example.com/gpumem' } },
      serviceAccounts: ['trainer'],
      hostPath: true,
    });
  });

  it('of a context come on top of those of the whole file', () => {
    const file = `
current: lab
sites: { a: { ${SITE} }, b: { ${SITE} } }
contexts: { lab: { sites: { b: { ${SITE}, taskQueue: lab } } } }`;
    const { sites } = load(file);
    expect([Object.keys(sites), sites['b']?.taskQueue]).toEqual([['a', 'b'], 'lab']);
  });

  it('take a relative kubeconfig from the working directory', () => {
    expect(load(`sites: { a: { ${SITE}, kubeconfig: k/c } }`).sites['a']?.kubeconfig).toBe('/work/k/c');
  });

  it.each([
    ['local', `local: { ${SITE} }`, 'sites.local'],
    ['a name that is no part of a queue', `"a b": { ${SITE} }`, 'sites.a b'],
    ['a namespace that is none', 'a: { namespace: M_L, workspace: { root: /w, claim: c } }', 'sites.a.namespace'],
    ['a root that is not absolute', 'a: { namespace: m, workspace: { root: w, claim: c } }', 'sites.a.workspace.root'],
    ['a root with a way out', 'a: { namespace: m, workspace: { root: /w/../x, claim: c } }', 'sites.a.workspace.root'],
    ['a claim that is none', 'a: { namespace: m, workspace: { root: /w, claim: A_B } }', 'sites.a.workspace.claim'],
    [
      'a folder outside the claim',
      'a: { namespace: m, workspace: { root: /w, claim: c, subPath: ../x } }',
      'sites.a.workspace.subPath',
    ],
    ['no workspace', 'a: { namespace: m }', 'sites.a.workspace'],
    ['an unknown field', `a: { ${SITE}, hostpath: true }`, 'sites.a.hostpath'],
    ['a resource that every pod has', `a: { ${SITE}, profiles: { p: { count: cpu } } }`, 'sites.a.profiles.p.count'],
  ])('refuse %s', (_claim, sites, path) => {
    const error = refusal(() => load(`sites: { ${sites} }`));
    expect([error.code, error.details.issues?.map((issue) => issue.path)]).toEqual(['TY_SETTINGS_INVALID', [path]]);
  });
});

describe('the files of a site', () => {
  it('are not given out unless a port is named', () => {
    const { gpu } = load(`sites: { gpu: { ${SITE} } }`).sites;
    expect(gpu?.files).toEqual({ port: 0, url: null, tokenFile: null });
  });

  it.each(['http://127.0.0.1:8765', 'http://localhost:8765/', 'http://[::1]:1', 'https://files.example:8443'])(
    'may be asked for at %s',
    (url) => {
      const { gpu } = load(`sites: { gpu: { ${SITE}, files: { url: '${url}' } } }`).sites;
      expect(gpu?.files.url).toBe(url.replace(/\/$/, ''));
    },
  );

  it.each(['http://files.example', 'http://127.0.0.1.example', 'https://user@host', 'ftp://host', 'https://host/path'])(
    'are never asked for at %s, where the token would be seen or misread',
    (url) => {
      const error = refusal(() => load(`sites: { gpu: { ${SITE}, files: { url: '${url}' } } }`));
      expect(error.details.issues?.map(({ path }) => path)).toEqual(['sites.gpu.files.url']);
    },
  );
});

describe('the site of a spec', () => {
  const one = load(`sites: { gpu: { ${SITE} } }`).sites;
  const two = load(`sites: { b: { ${SITE} }, a: { ${SITE} } }`).sites;

  it('is this machine for backend local, whatever sites there are', () => {
    expect(siteOf({ backend: { kind: 'local', site: 'local' } }, one)).toEqual({ name: 'local', settings: null });
  });

  it('is the one it names, or the only one', () => {
    expect(siteOf({ backend: { kind: 'volcano', site: 'b' } }, two)).toEqual({ name: 'b', settings: two['b'] });
    expect(siteOf({ backend: { kind: 'volcano' } }, one).name).toBe('gpu');
  });

  it.each([
    ['names one that is not there', { kind: 'volcano', site: 'c' }, two, /no site "c".*sites of the settings: a, b/s],
    ['names an inherited property', { kind: 'volcano', site: 'constructor' }, two, /no site "constructor"/],
    ['names none of several', { kind: 'trainjob' }, two, /which site.*a, b/s],
    ['needs one and there is none', { kind: 'trainjob' }, {}, /no site for backend trainjob.*have no site/s],
  ])('is refused when it %s', (_claim, backend, sites, says) => {
    const error = refusal(() => siteOf({ backend }, sites));
    expect([error.code, error.details.where]).toEqual(['TY_SPEC_SITE', 'backend.site']);
    expect(`${error.message} ${error.details.why ?? ''}`).toMatch(says);
  });
});
