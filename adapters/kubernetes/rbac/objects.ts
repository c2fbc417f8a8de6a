import { Document, YAMLMap, isSeq, visit } from 'yaml';
import type { KubeObject } from '../../../domain/cluster-job.ts';
import { CLUSTER_BACKENDS } from '../../../domain/pod-plan.ts';
import type { ClusterBackendKind } from '../../../domain/pod-plan.ts';
import { PEOPLE_RULES } from './people.ts';
import type { Person } from './people.ts';
import { CLUSTER_RULES, GPU_RULES, NAMESPACE_RULES, rulesFor } from './rules.ts';
import type { AccessRule } from './rules.ts';
import { secretRule } from './secret-rule.ts';

/** Who gets which rights. */
export interface AccessRequest {
  /** Of the site; `null` leaves it open, for kustomize to fill in. */
  readonly namespace: string | null;
  readonly serviceAccount: string;
  /** Where the service account is, if not in the site's namespace. */
  readonly serviceAccountNamespace?: string;
  readonly backends: readonly ClusterBackendKind[];
  /** Also the rights to read cluster-wide. */
  readonly clusterRole: boolean;
  /** Also the right to run commands inside pods. */
  readonly exec: boolean;
  /** Namespaces in which exporters tell what pods use of GPUs. */
  readonly gpuMetrics?: readonly string[];
  /** Secrets of a site without a shared claim, whose presence is looked for. */
  readonly secrets?: readonly string[];
  /** Given, the rights are those of people who watch runs, and these get them instead of the service account. */
  readonly people?: readonly Person[];
}

const RBAC = 'rbac.authorization.k8s.io';
const ROLE = 'trainyard';
const PEOPLE_ROLE = 'trainyard-people';
const CLUSTER_ROLE = 'trainyard-read';
/** Lists shorter than this stand on one line. */
const SHORT = 80;
const LABELS = { 'app.kubernetes.io/part-of': 'trainyard' } as const;

/** The objects, and beside each role the rules it was made of. */
interface Granted {
  readonly object: KubeObject;
  readonly rules: readonly AccessRule[];
}

/** Role and RoleBinding of a site, and where asked for the cluster's, in the order in which they are to be made. */
export function accessObjects(request: AccessRequest): readonly KubeObject[] {
  return granted(request).map(({ object }) => object);
}

/** The same as YAML; above each rule stands what it is for. */
export function accessYaml(request: AccessRequest): string {
  return granted(request)
    .map(({ object, rules }) => toYaml(object, rules))
    .join('---\n');
}

/** One rule as it stands in a role. */
export function policyRule({ group, resources, verbs, names }: AccessRule) {
  return {
    apiGroups: [group],
    resources: [...resources],
    ...(names === undefined ? {} : { resourceNames: [...names] }),
    verbs: [...verbs],
  };
}

function granted(request: AccessRequest): readonly Granted[] {
  const extras = request.exec ? (['exec'] as const) : [];
  if (request.people !== undefined) {
    const subjects = request.people.map(({ kind, name }) => ({ apiGroup: RBAC, kind, name }));
    return roleAndBinding(request.namespace, PEOPLE_ROLE, rulesFor(PEOPLE_RULES, [], extras), subjects);
  }
  const { secrets = [] } = request;
  const looked = secrets.length === 0 ? [] : [secretRule(secrets)];
  const rules = [...rulesFor(NAMESPACE_RULES, request.backends, extras), ...looked];
  const own = roleAndBinding(request.namespace, ROLE, rules, [accountOf(request)]);
  const gpus = (request.gpuMetrics ?? []).flatMap((namespace) =>
    roleAndBinding(namespace, gpuRole(request), GPU_RULES, [accountOf(request)]),
  );
  return [...own, ...gpus, ...(request.clusterRole ? cluster(request) : [])];
}

/** Sites may share such a namespace, and each takes its own away with it. */
function gpuRole({ namespace, serviceAccount }: AccessRequest): string {
  return [ROLE, 'gpu', ...(namespace === null ? [] : [namespace]), serviceAccount].join('-');
}

function roleAndBinding(
  namespace: string | null,
  name: string,
  rules: readonly AccessRule[],
  subjects: readonly object[],
): readonly Granted[] {
  const metadata = { name, ...(namespace === null ? {} : { namespace }) };
  const role = object('Role', metadata, { rules: rules.map(policyRule) });
  return [
    { object: role, rules },
    { object: object('RoleBinding', metadata, boundTo('Role', name, subjects)), rules: [] },
  ];
}

/** The same for all backends, so that several sites of a cluster can share it. */
function cluster(request: AccessRequest): readonly Granted[] {
  const rules = rulesFor(CLUSTER_RULES, CLUSTER_BACKENDS);
  const where = request.serviceAccountNamespace ?? request.namespace;
  const name = [CLUSTER_ROLE, ...(where === null ? [] : [where]), request.serviceAccount].join('-');
  return [
    { object: object('ClusterRole', { name: CLUSTER_ROLE }, { rules: rules.map(policyRule) }), rules },
    {
      object: object('ClusterRoleBinding', { name }, boundTo('ClusterRole', CLUSTER_ROLE, [accountOf(request)])),
      rules: [],
    },
  ];
}

function object(kind: string, metadata: KubeObject['metadata'], rest: Readonly<Record<string, unknown>>): KubeObject {
  return { apiVersion: `${RBAC}/v1`, kind, metadata: { ...metadata, labels: LABELS }, ...rest };
}

function boundTo(kind: string, name: string, subjects: readonly object[]): Readonly<Record<string, unknown>> {
  return { roleRef: { apiGroup: RBAC, kind, name }, subjects };
}

function accountOf(request: AccessRequest): object {
  const namespace = request.serviceAccountNamespace ?? request.namespace;
  const account = { kind: 'ServiceAccount', name: request.serviceAccount };
  return namespace === null ? account : { ...account, namespace };
}

function toYaml(value: KubeObject, rules: readonly AccessRule[]): string {
  const document = new Document(value);
  visit(document, {
    Seq: (_, node) => {
      if (node.items.every((item) => !(item instanceof YAMLMap)) && String(node).length < SHORT) node.flow = true;
    },
  });
  const list: unknown = document.get('rules');
  if (isSeq(list)) {
    list.items.forEach((item, index) => {
      const rule = rules[index];
      if (rule === undefined || !(item instanceof YAMLMap)) return;
      const lacking = rule.without === undefined ? '' : `\n Without it ${rule.without}.`;
      item.commentBefore = ` ${rule.why}${lacking}`;
    });
  }
  return document.toString({ lineWidth: 120, flowCollectionPadding: false, singleQuote: true });
}
