import { CLUSTER_BACKENDS } from '../../../domain/pod-plan.ts';
import { TrainyardError } from '../../../domain/errors.ts';
import type { AccessOptions, CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { isSet, listOf, textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import type { Ended } from '../tree.ts';

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
/** Clusters know people by whatever their sign-on says. */
const PERSON = /^[^\p{Cc}\p{Z}](?:[^\p{Cc}]{0,251}[^\p{Cc}\p{Z}])?$/u;

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const request = accessRequest(context, input);
  const composition = await context.composition();
  if (isSet(input, 'apply')) {
    const applied = await composition.grantSiteAccess({
      ...request,
      kubeContext: textOf(input, 'kubeContext') ?? null,
    });
    await printResult(context, { data: { applied }, names: applied, lines: () => applied });
    const account = request.people?.map(({ name }) => name).join(', ') ?? request.serviceAccount;
    tell(context, say('rbac.applied', { account, namespace: request.namespace }));
    return EXIT.ok;
  }
  const text = await composition.siteAccess(request);
  const { parseAllDocuments } = await import('yaml');
  const objects = parseAllDocuments(text).map((document): unknown => document.toJS());
  await printResult(context, { data: objects, names: objects.map(nameOf), lines: () => [text.trimEnd()] });
  if (request.people === undefined && listOf(input, 'backend').length === 0) tell(context, '', say('rbac.all'));
  return EXIT.ok;
}

function accessRequest(context: CommandContext, input: CommandInput): AccessOptions {
  const wanted = listOf(input, 'backend');
  const secrets = listOf(input, 'secret');
  const [account = '', ...rest] = (textOf(input, 'serviceAccount') ?? 'trainyard').split('/').toReversed();
  const [elsewhere] = rest;
  const namespace = named(context, textOf(input, 'namespace') ?? onlyNamespace(context), '--namespace');
  return {
    namespace,
    serviceAccount: named(context, rest.length > 1 ? '' : account, '--service-account'),
    ...(elsewhere === undefined ? {} : { serviceAccountNamespace: named(context, elsewhere, '--service-account') }),
    backends: CLUSTER_BACKENDS.filter((kind) => wanted.length === 0 || wanted.includes(kind)),
    clusterRole: isSet(input, 'clusterRole'),
    exec: isSet(input, 'exec'),
    ...(secrets.length === 0 ? {} : { secrets: secrets.map((name) => named(context, name, '--secret')) }),
    gpuMetrics: listOf(input, 'gpuMetrics').map((name) => named(context, name, '--gpu-metrics')),
    ...(textOf(input, 'for') === 'people' ? { people: peopleOf(context, input) } : {}),
  };
}

function peopleOf(context: CommandContext, input: CommandInput): NonNullable<AccessOptions['people']> {
  const people = (['User', 'Group'] as const).flatMap((kind) => {
    const option = kind.toLowerCase();
    return listOf(input, option).map((name) => ({ kind, name: named(context, name, `--${option}`, PERSON) }));
  });
  if (people.length > 0) return people;
  throw new TrainyardError('TY_CLI_USAGE', texts(context.lang)('rbac.nobody'), {
    where: '--for people',
    fix: 'trainyard rbac -n NAMESPACE --for people --group NAME',
  });
}

function onlyNamespace(context: CommandContext): string {
  const [only, ...others] = Object.values(context.settings.sites);
  if (only !== undefined && others.length === 0) return only.namespace;
  throw new TrainyardError('TY_CLI_USAGE', texts(context.lang)('rbac.noNamespace'), {
    where: '--namespace',
    fix: 'trainyard rbac -n NAMESPACE --service-account NAME',
  });
}

function named(context: CommandContext, value: string, name: string, allowed = NAME): string {
  if (allowed.test(value)) return value;
  throw new TrainyardError('TY_CLI_USAGE', texts(context.lang)('usage.badValue', { name, value }), { where: name });
}

function nameOf(object: unknown): string {
  const { kind, metadata } = object as { readonly kind: string; readonly metadata: { readonly name: string } };
  return `${kind.toLowerCase()}/${metadata.name}`;
}
