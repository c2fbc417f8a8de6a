import { at, textAt } from '../../../domain/json.ts';
import type { ClusterBackendKind } from '../../../domain/pod-plan.ts';
import type { KubeApi } from '../api.ts';
import { KubeFailure } from '../failure.ts';
import { policyRule } from '../rbac/objects.ts';
import { CLUSTER_RULES, NAMESPACE_RULES, rulesFor } from '../rbac/rules.ts';
import type { AccessRule } from '../rbac/rules.ts';
import type { ServedApis } from '../served-apis.ts';
import { missing, ok, warn } from './finding.ts';
import type { SiteFinding } from './finding.ts';

/** Whose rights are asked about. */
export interface RightsQuestion {
  readonly namespace: string;
  readonly backends: readonly ClusterBackendKind[];
}

const ALWAYS_SERVED = ['', 'batch', 'coordination.k8s.io', 'apiextensions.k8s.io'];
const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** Asks the API server about every rule of the table, as the account this runs as. Never throws `KubeFailure`. */
export async function rightsFindings(
  api: KubeApi,
  apis: ServedApis,
  question: RightsQuestion,
): Promise<readonly SiteFinding[]> {
  try {
    const [who, inNamespace, onCluster] = await Promise.all([
      whoAmI(api),
      lacking(api, served(apis, rulesFor(NAMESPACE_RULES, question.backends)), question.namespace),
      lacking(api, served(apis, rulesFor(CLUSTER_RULES, question.backends)), null),
    ]);
    const command = grantCommand(who, question);
    const findings = [
      ...inNamespace.map((rule) => finding(rule, 'Role', `${command} --apply`)),
      ...onCluster.map((rule) => finding(rule, 'ClusterRole', `${command} --cluster-role --apply`)),
    ];
    return findings.length > 0 ? findings : [ok('rights', `${who ?? 'this account'} may do all that is needed`)];
  } catch (error) {
    if (!(error instanceof KubeFailure)) throw error;
    return [warn('rights', `could not be asked about: ${error.message}`, `trainyard doctor --site again`)];
  }
}

/** Rules about what is not installed would be given for nothing. */
function served(apis: ServedApis, rules: readonly AccessRule[]): readonly AccessRule[] {
  return rules.filter(({ group }) => ALWAYS_SERVED.includes(group) || apis.versions(group).length > 0);
}

/** The rules that are not all granted, each cut down to what is lacking. */
async function lacking(
  api: KubeApi,
  rules: readonly AccessRule[],
  namespace: string | null,
): Promise<readonly AccessRule[]> {
  const cut = await Promise.all(
    rules.map(async (rule) => {
      const denied = await Promise.all(
        asks(rule).map(async (ask) => ({ ...ask, may: await may(api, ask, namespace) })),
      );
      const left = denied.filter((one) => !one.may);
      const names = rule.names?.filter((name) => left.some((one) => one.name === name));
      return left.length === 0
        ? null
        : {
            ...rule,
            resources: rule.resources.filter((resource) => left.some((one) => one.resource === resource)),
            verbs: rule.verbs.filter((verb) => left.some((one) => one.verb === verb)),
            ...(names === undefined ? {} : { names }),
          };
    }),
  );
  return cut.filter((rule) => rule !== null);
}

interface Ask {
  readonly group: string;
  /** With its subresource, as rules write it. */
  readonly resource: string;
  readonly verb: string;
  readonly name: string | null;
}

function asks({ group, resources, verbs, names }: AccessRule): readonly Ask[] {
  return resources.flatMap((resource) =>
    verbs.flatMap((verb) => (names ?? [null]).map((name) => ({ group, resource, verb, name }))),
  );
}

async function may(api: KubeApi, { group, resource, verb, name }: Ask, namespace: string | null): Promise<boolean> {
  const [plural, subresource] = resource.split('/');
  const review = await api.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: {
          group,
          resource: plural,
          verb,
          ...(subresource === undefined ? {} : { subresource }),
          ...(namespace === null ? {} : { namespace }),
          ...(name === null ? {} : { name }),
        },
      },
    },
  });
  return at(review, 'status', 'allowed') === true;
}

/** The name the API server knows this account by; `null` with a server that does not tell. */
async function whoAmI(api: KubeApi): Promise<string | null> {
  try {
    const review = await api.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    });
    return textAt(review, 'status', 'userInfo', 'username');
  } catch (error) {
    if (error instanceof KubeFailure) return null;
    throw error;
  }
}

function grantCommand(who: string | null, { namespace, backends }: RightsQuestion): string {
  const [, where, name] = ACCOUNT.exec(who ?? '') ?? [];
  const account = name === undefined ? 'NAME' : where === namespace ? name : `${where ?? ''}/${name}`;
  const kinds = backends.map((kind) => ` --backend ${kind}`).join('');
  return `trainyard rbac -n ${namespace} --service-account ${account}${kinds}`;
}

function finding(rule: AccessRule, kind: 'Role' | 'ClusterRole', command: string): SiteFinding {
  const resources = rule.resources.map((resource) => (rule.group === '' ? resource : `${resource}.${rule.group}`));
  const may = `may not ${rule.verbs.join(', ')} ${resources.join(', ')}`;
  const fix = `${command}; or add to the ${kind}: - ${flow(policyRule(rule))}`;
  if (rule.without !== undefined) return warn('rights', `${may}: ${rule.without}`, fix);
  return missing('rights', `${may}, for: ${rule.why}`, fix);
}

/** JSON is YAML; a line of it can be put under `rules:` as it is. */
function flow(rule: ReturnType<typeof policyRule>): string {
  return JSON.stringify(rule).replaceAll('":', '": ').replaceAll(',', ', ');
}
