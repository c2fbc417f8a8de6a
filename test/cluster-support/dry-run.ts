import type { KubeObject } from '../../domain/cluster-job.ts';
import { at, listAt } from '../../domain/json.ts';
import { eventually } from './eventually.ts';
import { apply, pathOf } from './objects.ts';
import type { Rest } from './rest.ts';

/** What an API server says of an object it does not keep; `null` = it would take it. */
async function objection(rest: Rest, object: KubeObject): Promise<string | null> {
  const { name: _name, ...metadata } = object.metadata;
  const path = await pathOf(rest, { ...object, metadata });
  const { status, body } = await rest.send('POST', `${path}?dryRun=All&fieldValidation=Strict`, object);
  return status < 300 ? null : `${object.kind} ${object.metadata.name}: ${String(at(body, 'message') ?? body)}`;
}

/**
 * Sends objects to the real definitions and webhooks, unknown fields refused, without keeping them; but for a runtime,
 * which Trainer's webhook looks for when it judges the TrainJob.
 * @returns what is refused
 */
export async function objections(rest: Rest, objects: readonly KubeObject[]): Promise<readonly string[]> {
  const runtime = objects.find(({ kind }) => kind === 'TrainingRuntime');
  const found: string[] = [];
  try {
    for (const object of objects) {
      const refused = object.kind === 'TrainJob' ? await ofTrainJob(rest, object) : await objection(rest, object);
      if (refused !== null) found.push(refused);
      else if (object === runtime) await apply(rest, [object]);
    }
  } finally {
    if (runtime !== undefined) await remove(rest, runtime);
  }
  return found;
}

/** The webhook sees a new runtime a moment later. */
async function ofTrainJob(rest: Rest, object: KubeObject): Promise<string | null> {
  let refused: string | null = null;
  await eventually('the runtime is seen', 20, async () => {
    refused = await objection(rest, object);
    return !String(refused).includes('not found');
  });
  return refused;
}

async function remove(rest: Rest, object: KubeObject): Promise<void> {
  const path = await pathOf(rest, object);
  await rest.send('DELETE', path);
  await eventually(`${object.metadata.name} is gone`, 20, async () => (await rest.send('GET', path)).status === 404);
}

/** The pods that objects of the backends describe, as pods of their own. */
export function podsIn(objects: readonly KubeObject[]): readonly KubeObject[] {
  return objects.flatMap((object) => templatesIn(object).map((template) => podOf(object, template)));
}

function templatesIn({ kind, apiVersion, spec }: KubeObject): readonly unknown[] {
  switch (`${kind} ${apiVersion.split('/')[0] ?? ''}`) {
    case 'Job batch':
      return [at(spec, 'template')];
    case 'Job batch.volcano.sh':
      return listAt(spec, 'tasks').map((task) => at(task, 'template'));
    case 'TrainingRuntime trainer.kubeflow.org':
      return listAt(spec, 'template', 'spec', 'replicatedJobs').map((job) => at(job, 'template', 'spec', 'template'));
    case 'PaddleJob batch.paddlepaddle.org':
      return ['ps', 'worker', 'heter'].map((role) => at(spec, role, 'template')).filter((one) => one !== undefined);
    default:
      return [];
  }
}

function podOf({ metadata }: KubeObject, template: unknown): KubeObject {
  const { metadata: own, spec } = template as { readonly metadata: object; readonly spec: object };
  const { name, namespace = 'default' } = metadata;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...own, name: `${name}-pod`, namespace }, spec };
}
