import { parseQuantity } from '../../../adapters/kubernetes/quantity.ts';
/** The parts of a pod that a node reads. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
  };
  readonly spec: PodSpec;
  readonly status?: { readonly phase?: string; readonly containerStatuses?: readonly { readonly name: string }[] };
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly serviceAccountName?: string;
  readonly activeDeadlineSeconds?: number;
  readonly securityContext?: SecurityContext & { readonly fsGroup?: number };
}

export interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly configMapRef?: NamedRef;
    readonly secretRef?: NamedRef;
  }[];
  readonly resources?: { readonly limits?: Quantities; readonly requests?: Quantities };
  readonly volumeMounts?: readonly VolumeMount[];
  readonly securityContext?: SecurityContext;
  readonly terminationMessagePath?: string;
}

type Quantities = Readonly<Record<string, string>>;

interface NamedRef {
  readonly name: string;
  readonly optional?: boolean;
}

interface KeyRef extends NamedRef {
  readonly key: string;
}

interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly configMapKeyRef?: KeyRef;
    readonly secretKeyRef?: KeyRef;
    readonly resourceFieldRef?: { readonly resource: string };
  };
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

interface Item {
  readonly key: string;
  readonly path: string;
}

interface Moded {
  readonly defaultMode?: number;
}

interface Files extends NamedRef {
  readonly items?: readonly Item[];
}

export interface ProjectedSource {
  readonly configMap?: Files;
  readonly secret?: Files;
  readonly downwardAPI?: {
    readonly items?: readonly { readonly path: string; readonly fieldRef?: { readonly fieldPath: string } }[];
  };
  readonly serviceAccountToken?: { readonly path: string; readonly audience?: string };
}

export interface Volume {
  readonly name: string;
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly hostPath?: { readonly path: string; readonly type?: string };
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string };
  readonly configMap?: Files & Moded;
  readonly secret?: Moded & {
    readonly secretName: string;
    readonly optional?: boolean;
    readonly items?: readonly Item[];
  };
  readonly projected?: Moded & { readonly sources?: readonly ProjectedSource[] };
  readonly downwardAPI?: ProjectedSource['downwardAPI'];
}

/** A container that cannot be started; the reason is one that a kubelet would give. */
export class StartError extends Error {
  readonly reason: 'CreateContainerConfigError' | 'CreateContainerError' | 'ImagePullBackOff';

  constructor(reason: StartError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A Kubernetes quantity as a whole number; null when there is none. */
export function quantity(text: string | undefined): number | null {
  const amount = parseQuantity(text);
  return amount === null ? null : Math.floor(amount);
}
