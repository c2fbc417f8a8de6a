/**
 * What a process of a site may inherit. An allow-list: the worker's own environment holds credentials, API keys
 * and connection settings that no training script needs.
 */
const INHERITED: readonly string[] = [
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TZ',
  'TMPDIR',
  'TEMP',
  'TMP',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'CUDA_VISIBLE_DEVICES',
  'CUDA_HOME',
  'NVIDIA_VISIBLE_DEVICES',
  'XDG_CACHE_HOME',
  'HF_HOME',
  'HF_HUB_OFFLINE',
  'TORCH_HOME',
];

/** The environment a job's or server's processes start from; `path` becomes PATH. */
export function siteEnvironment(source: NodeJS.ProcessEnv, path: string): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined && (INHERITED.includes(name) || /^(LANG|LANGUAGE|LC_[A-Z]+)$/.test(name)))
      kept[name] = value;
  }
  return { ...kept, PATH: path };
}
