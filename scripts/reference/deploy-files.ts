import { accessYaml } from '../../adapters/kubernetes/rbac/objects.ts';
import { CLUSTER_BACKENDS } from '../../domain/pod-plan.ts';

const HEAD = `# Made from the table of rights by scripts/generate-reference.ts; your own: trainyard rbac --help
`;

/** The rights in `deploy/kubernetes`, by file. They name no namespace: kustomize does. */
export function deployFiles(): Readonly<Record<string, string>> {
  const request = {
    namespace: null,
    serviceAccount: 'trainyard',
    backends: CLUSTER_BACKENDS,
    clusterRole: true,
    exec: false,
  };
  const inNamespace = accessYaml({ ...request, clusterRole: false });
  const onCluster = accessYaml(request).slice(`${inNamespace}---\n`.length);
  return {
    'deploy/kubernetes/base/role.yaml': HEAD + inNamespace,
    'deploy/kubernetes/cluster-read/cluster-role.yaml': HEAD + onCluster,
  };
}
