import { writeFileSync } from 'node:fs';

export interface PodNames {
  readonly namespace: string;
  readonly hostname?: string | undefined;
  readonly subdomain?: string | undefined;
}

/** Every name that a headless Service would give a pod. All pods of this node answer on 127.0.0.1. */
function namesOf({ namespace, hostname, subdomain }: PodNames): readonly string[] {
  if (hostname === undefined) return [];
  if (subdomain === undefined) return [hostname];
  const inService = `${hostname}.${subdomain}`;
  const suffixes = ['', `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`];
  return [hostname, ...suffixes.map((suffix) => inService + suffix)];
}

/**
 * The host files of running containers, which stand for the cluster's name service: written in place whenever a pod
 * comes or goes, because the containers have them mounted.
 */
export class HostFiles {
  readonly #files = new Map<string, string>();
  readonly #pods = new Map<string, PodNames>();

  podCame(uid: string, names: PodNames): void {
    this.#pods.set(uid, names);
    this.#write();
  }

  podWent(uid: string): void {
    this.#pods.delete(uid);
    this.#write();
  }

  /** Adds the file of a container, whose own name it holds besides. */
  add(file: string, hostname: string): void {
    this.#files.set(file, hostname);
    this.#write();
  }

  remove(file: string): void {
    this.#files.delete(file);
  }

  #write(): void {
    const others = [...this.#pods.values()].map(namesOf).filter((names) => names.length > 0);
    for (const [file, hostname] of this.#files) {
      const lines = ['localhost', hostname, ...others.map((names) => names.join(' '))];
      writeFileSync(file, lines.map((names) => `127.0.0.1 ${names}\n`).join(''));
    }
  }
}
