import { ringOn } from '../host.ts';
import { addLocalNode } from '../local-node.ts';
import { addOperators } from '../operators.ts';
import { addPaddleStandIn } from '../paddle.ts';
import { addVolcano } from '../volcano.ts';

/** A control plane with JobSet, Kubeflow Trainer, Volcano and PaddleCloud's stand-in for all files of the ring. */
export const setup = ringOn(async (cluster) => {
  await addLocalNode(cluster);
  await addOperators(cluster);
  await addVolcano(cluster);
  await addPaddleStandIn(cluster, { volcano: true });
});
