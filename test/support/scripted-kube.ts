import type { KubeApi, Method, SendOptions } from '../../adapters/kubernetes/api.ts';
import { KubeFailure } from '../../adapters/kubernetes/failure.ts';

/** An API server that answers what it was told to, 404 to all else, and remembers what it was asked. */
export class ScriptedKube implements KubeApi {
  readonly server = 'https://kube.test:6443';
  readonly asked: { readonly what: string; readonly options: SendOptions }[] = [];
  readonly #answers: Readonly<Record<string, unknown>>;

  /** Keys are `GET /path`, without the query. A function is called with the options; a `KubeFailure` is thrown. */
  constructor(answers: Readonly<Record<string, unknown>>) {
    this.#answers = answers;
  }

  async send(method: Method, path: string, options: SendOptions = {}): Promise<unknown> {
    const what = `${method} ${path}`;
    this.asked.push({ what, options });
    const answer = Object.hasOwn(this.#answers, what) ? this.#answers[what] : refusal(404, 'NotFound');
    const given: unknown = typeof answer === 'function' ? Reflect.apply(answer, null, [options]) : answer;
    if (given instanceof KubeFailure) throw given;
    return given;
  }

  stream(): Promise<AsyncIterable<Uint8Array>> {
    return Promise.reject(new Error('nothing is streamed here'));
  }

  close(): void {}
}

export const refusal = (status: number | null, reason: string, message = reason): KubeFailure =>
  new KubeFailure(status, reason, message);

/** `GET /apis` and the resources of each group, out of `{'group/version': [plural, …]}`. */
export function served(resources: Readonly<Record<string, readonly string[]>>): Record<string, unknown> {
  const groups = Map.groupBy(Object.keys(resources), (path) => path.split('/')[0] ?? '');
  const list = [...groups].map(([name, paths]) => ({
    name,
    versions: paths.map((path) => ({ groupVersion: path, version: path.split('/')[1] })),
    preferredVersion: { groupVersion: paths[0], version: paths[0]?.split('/')[1] },
  }));
  const entries = Object.entries(resources).map(([path, names]) => [
    `GET /apis/${path}`,
    { kind: 'APIResourceList', resources: names.map((name) => ({ name })) },
  ]);
  return { 'GET /apis': { kind: 'APIGroupList', groups: list }, ...Object.fromEntries(entries) };
}
