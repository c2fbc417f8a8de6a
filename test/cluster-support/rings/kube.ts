import { ringOn } from '../host.ts';
import { addLocalNode } from '../local-node.ts';

/** One control plane with played nodes and a local node for all files of the ring. */
export const setup = ringOn(addLocalNode);
