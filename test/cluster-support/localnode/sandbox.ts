import { existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from './environment.ts';
import { StartError } from './pod.ts';
import type { Container, Pod } from './pod.ts';

/** Beside `start.sh`: becomes a command inside, from within the container's name spaces. */
export const ENTER = 'enter.sh';

const CHECKOUT = realpathSync(fileURLToPath(new URL('../../..', import.meta.url)));

export interface SandboxOptions {
  readonly pod: Pod;
  readonly container: Container;
  readonly environment: Environment;
  /** The folder of this machine that each volume stands for. */
  readonly volumes: ReadonlyMap<string, string>;
  /** Of this start of the container; holds `hosts` and gets everything else. */
  readonly folder: string;
  /** Where the first process enrols itself to be held to its memory limit, or null. */
  readonly members: string | null;
}

/**
 * Writes the script that becomes the container: it enters its memory limit, mounts a copy-on-write view of this
 * machine's files as its image, with the pod's volumes in it, and becomes the command as the user asked for. It is
 * run in mount, process and host name spaces of its own.
 */
export function writeSandbox(options: SandboxOptions): string {
  const { pod, container, environment, folder } = options;
  const command = [...(container.command ?? []), ...(container.args ?? [])].map(environment.expand);
  if (container.command === undefined || container.command.length === 0) {
    throw new StartError('CreateContainerError', 'no command specified: this node has no images that would name one');
  }
  for (const name of ['upper', 'work', 'root', 'tmp']) mkdirSync(join(folder, name), { recursive: true });
  const variables = Object.entries(environment.variables).map(([name, value]) => quote(`${name}=${value}`));
  const directory = container.workingDir ?? '/';
  const script = [
    'set -e',
    ...(options.members === null ? [] : [`echo $$ > ${quote(options.members)}`]),
    `echo ${quote(environment.variables['HOSTNAME'] ?? pod.metadata.name)} > /proc/sys/kernel/hostname`,
    `cd ${quote(folder)}`,
    'mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root',
    'mount -t proc proc root/proc',
    'mount --rbind /dev root/dev',
    'mount --rbind /sys root/sys',
    'mount --bind hosts root/etc/hosts',
    // What lies in this machine's temporary folder, such as the workspace of the test, is no part of an image.
    'chmod 1777 tmp',
    'mkdir -p root/tmp',
    'mount --bind tmp root/tmp',
    // Trainyard is, wherever it was checked out.
    `mkdir -p ${quote(`root${CHECKOUT}`)}`,
    `mount --bind ${quote(CHECKOUT)} ${quote(`root${CHECKOUT}`)}`,
    `mount -o remount,bind,ro ${quote(`root${CHECKOUT}`)}`,
    // Programs under root's home are part of it, for whomever the container runs as.
    'chmod a+x root/root 2>/dev/null || true',
    ...mounts(options),
    `mkdir -p ${quote(`root${directory}`)}`,
    `exec sh ./${ENTER} ${command.map(quote).join(' ')}`,
  ];
  const enter = [
    `exec env -i ${variables.join(' ')} chroot ${identity(pod, container)} ${quote(join(folder, 'root'))}`,
    // Becoming another user made the kernel forget that the container ends with its node.
    'setpriv --pdeathsig KILL --',
    `/bin/sh -c ${quote('cd "$1" && shift && exec "$@"')} sh ${quote(directory)} "$@"`,
  ];
  writeFileSync(join(folder, ENTER), enter.join(' '), { mode: 0o700 });
  const file = join(folder, 'start.sh');
  writeFileSync(file, script.join('\n'), { mode: 0o700 });
  return file;
}

function identity(pod: Pod, container: Container): string {
  const user = container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  const group = container.securityContext?.runAsGroup ?? pod.spec.securityContext?.runAsGroup;
  const shared = pod.spec.securityContext?.fsGroup;
  if (user === undefined && group === undefined) return '';
  const groups = shared === undefined ? '' : String(shared);
  return `--userspec=${user ?? 0}:${group ?? 0} --groups=${quote(groups)}`;
}

function mounts({ container, volumes }: SandboxOptions): readonly string[] {
  return (container.volumeMounts ?? []).flatMap(({ name, mountPath, subPath = '', readOnly }) => {
    const volume = volumes.get(name);
    if (volume === undefined) throw new StartError('CreateContainerConfigError', `volume ${name} is not there`);
    const source = join(volume, subPath);
    if (!existsSync(source)) mkdirSync(source, { recursive: true });
    const target = join('root', withoutLinks(mountPath));
    const place = statSync(source).isDirectory()
      ? [`mkdir -p ${quote(target)}`]
      : [`mkdir -p ${quote(dirname(target))}`, `touch ${quote(target)}`];
    return [
      ...place,
      `mount --bind ${quote(source)} ${quote(target)}`,
      ...(readOnly === true ? [`mount -o remount,bind,ro ${quote(target)}`] : []),
    ];
  });
}

/** Where a path of the image lies: a link of this machine would lead out of the view of it. */
function withoutLinks(path: string): string {
  let rest = '';
  for (let at = path; at !== '/'; at = dirname(at)) {
    try {
      return join(realpathSync(at), rest);
    } catch {
      rest = join(basename(at), rest);
    }
  }
  return path;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
