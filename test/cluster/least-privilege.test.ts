import { describeLeastPrivilege, NOT_INSTALLED } from '../cluster-support/least-privilege-suite.ts';
import { ON_LOCAL_NODE } from '../cluster-support/local-node.ts';
import { apply } from '../cluster-support/objects.ts';
import { torchRuntime } from '../cluster-support/operators.ts';

const elsewhere = NOT_INSTALLED;

describeLeastPrivilege({ backend: 'kubernetes-job', kind: 'jobs.batch', elsewhere });

describeLeastPrivilege({ backend: 'volcano', kind: 'jobs.batch.volcano.sh', elsewhere });

describeLeastPrivilege({
  backend: 'trainjob',
  kind: 'trainjobs.trainer.kubeflow.org',
  prepare: (cluster) => apply(cluster.rest, [torchRuntime('least-privilege', ON_LOCAL_NODE)]),
  tidy: ({ rest }) =>
    rest.send('DELETE', '/apis/trainer.kubeflow.org/v1alpha1/clustertrainingruntimes/least-privilege'),
  named: { runtime: 'least-privilege' },
  also: { 'a runtime of the cluster': { backend: { runtime: 'least-privilege', policy: 'torch' } } },
  elsewhere,
});

describeLeastPrivilege({
  backend: 'paddlejob',
  kind: 'paddlejobs.batch.paddlepaddle.org',
  also: {
    'a sample set of its own': {
      pod: { dataset: { kind: 'mounted', name: 'flowers' } },
      backend: { sampleSet: { keep: false, create: { uri: 's3://samples/flowers', store: 'juicefs' } } },
    },
  },
  elsewhere,
});
