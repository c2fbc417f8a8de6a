/** Fields of pods that no user may bring in, whatever they hold. */
export const DENIED_FIELDS: readonly string[] = [
  'hostPath',
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'hostUsers',
  'hostPort',
  'hostAliases',
  'privileged',
  'serviceAccountName',
  'serviceAccount',
  'procMount',
  'add',
  'sysctls',
  'lifecycle',
  'projected',
  'csi',
  'nfs',
  'runtimeClassName',
  'nodeName',
  'shareProcessNamespace',
  'ephemeralContainers',
];

/** Text that would do harm wherever it became a field, a path, YAML, or a line of a shell. */
export const HOSTILE_WORDS: readonly string[] = [
  'hostNetwork',
  'hostPath',
  'hostPID',
  'privileged',
  'securityContext',
  'serviceAccountName',
  'lifecycle',
  'ownerReferences',
  '{"hostNetwork":true}',
  'securityContext:\n  privileged: true',
  "'; privileged: true #",
  'x"}, "hostPID": true, "y": {"z": "',
  '$(cat /etc/passwd)',
  '$(HOSTNAME)',
  '`id`',
  '; rm -rf /',
  '../..',
  'a/../../etc',
  '/etc',
  '/',
  '\n---\nkind: Secret',
  '{{ .Values.x }}',
  '${{ secrets.x }}',
  '测试',
  '',
  ' ',
  '-',
  '--',
  '*',
  '&anchor',
  '!!js/function',
  'true',
  '0',
  'null',
  '__proto__',
  'constructor',
  'trainyard.dev/job',
  'VC_WORKER_HOSTS',
  'LD_PRELOAD',
  'PET_MASTER_ADDR',
];

/** Values out of a seed. */
export interface Generator {
  /** The text that belongs there, or something hostile in its place. */
  word(usual?: string): string;
  /** Now and then nothing. */
  maybe<T>(make: () => T, likely?: number): T | undefined;
  pairs(): Record<string, string>;
  /** Whole, both ends possible. */
  number(least: number, most: number): number;
}

/** The same values for the same seed. `words` = what is put in; none, and nothing hostile is. */
export function generator(seed: number, words: readonly string[] = HOSTILE_WORDS): Generator {
  const next = random(seed);
  const word = (usual = 'x'): string => {
    if (words.length === 0 || next() > 0.06) return usual;
    return words[Math.floor(next() * words.length)] ?? usual;
  };
  return {
    word,
    maybe: (make, likely = 0.5) => (next() < likely ? make() : undefined),
    // A computed key makes `__proto__` an own one, as JSON does.
    pairs: () => ({ [word('KEY')]: word('value'), [word('OTHER')]: word('text') }),
    number: (least, most) => least + Math.floor(next() * (most - least + 1)),
  };
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
