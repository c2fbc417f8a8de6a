/** One environment variable, for the reference. */
export interface Variable {
  readonly name: string;
  readonly text: string;
  /** What holds without it; `null` where there is nothing to say. */
  readonly fallback: string | null;
}

/** Variables that Trainyard reads. */
export const READ_VARIABLES: readonly Variable[] = [
  { name: 'TRAINYARD_CONTEXT', text: 'Context of the settings file', fallback: '`current` of the file' },
  { name: 'TRAINYARD_WORKSPACE', text: "Folder that holds runs' files", fallback: '`.trainyard/workspace`' },
  { name: 'TRAINYARD_TASK_QUEUE', text: 'Task queue of workflows and light activities', fallback: '`trainyard`' },
  {
    name: 'TRAINYARD_GIT_ALLOW',
    text: 'Hosts (`host:port`) used over plain http and folders used as file repositories, comma-separated',
    fallback: 'none',
  },
  {
    name: 'TRAINYARD_GIT_INSECURE_TLS',
    text: 'Hosts whose certificate is not verified, comma-separated; every run shows it',
    fallback: 'none',
  },
  { name: 'TRAINYARD_MIN_FREE', text: 'Room that must stay free in the workspace', fallback: '`512Mi`' },
  { name: 'TRAINYARD_AUTHOR', text: 'Author of output commits', fallback: '`Trainyard <trainyard@localhost>`' },
  { name: 'TRAINYARD_PYTHON', text: 'Python of the local site, with torch', fallback: 'the one that setup found' },
  { name: 'TRAINYARD_TEMPORAL', text: 'The Temporal server program', fallback: 'the cache, then `PATH`' },
  { name: 'TRAINYARD_GIT_LFS', text: 'The git-lfs program', fallback: 'the cache, then `PATH`' },
  {
    name: 'TRAINYARD_FILES_TOKEN_FILE',
    text: "file of the token for a site's files of runs, of the worker that gives them out and of who asks",
    fallback: '`files.tokenFile` of the site; the worker makes `files-token` in the workspace',
  },
  {
    name: 'TRAINYARD_IDENTITY_FILE',
    text: 'File with the identity that signs decisions at gates and starts of runs',
    fallback: '`~/.config/trainyard/identity.json`',
  },
  { name: 'TRAINYARD_LANG', text: 'Language of messages: `en` or `zh`', fallback: '`LC_ALL`, `LC_MESSAGES`, `LANG`' },
  {
    name: 'TEMPORAL_ADDRESS',
    text: '`host:port` of the Temporal server',
    fallback: 'a running `trainyard dev`, the context',
  },
  { name: 'TEMPORAL_NAMESPACE', text: 'Temporal namespace', fallback: 'a running `trainyard dev`, the context' },
  { name: 'TEMPORAL_UI_URL', text: "Address of Temporal's UI, for `run open`", fallback: 'a running `trainyard dev`' },
  { name: 'XDG_CACHE_HOME', text: 'Where downloads are kept, in `trainyard/`', fallback: '`~/.cache`' },
];

/** Variables that every process of a job finds. */
export const JOB_VARIABLES: readonly Variable[] = [
  { name: 'TRAINYARD_RUN_ID', text: 'Id of the run', fallback: null },
  { name: 'TRAINYARD_JOB', text: 'Name of the job', fallback: null },
  { name: 'TRAINYARD_CODE_DIR', text: 'The code, read-only; the process starts here', fallback: null },
  { name: 'TRAINYARD_MODEL_DIR', text: 'The model repository, read-only', fallback: null },
  { name: 'TRAINYARD_DATASET_DIR', text: 'The dataset, read-only', fallback: 'not set without `dataset`' },
  { name: 'TRAINYARD_OUTPUT_DIR', text: 'Where training writes weights; empty at the start', fallback: null },
  { name: 'TRAINYARD_PACKAGE_DIR', text: 'Where packaging writes', fallback: null },
  {
    name: 'TRAINYARD_MODEL_FILE',
    text: 'Path of the TorchScript file that packaging writes and evaluation reads',
    fallback: null,
  },
  { name: 'TRAINYARD_METRICS_FILE', text: 'JSON lines of training metrics, followed live', fallback: null },
  { name: 'TRAINYARD_METRICS_JSON', text: 'Flat JSON object of numbers that evaluation writes', fallback: null },
  { name: 'PYTHONUNBUFFERED', text: '`1`: lines appear when they are written', fallback: null },
  { name: 'PYTHONDONTWRITEBYTECODE', text: '`1`: nothing is written beside the code', fallback: null },
  {
    name: 'PET_NNODES, PET_NPROC_PER_NODE, PET_NODE_RANK, PET_MASTER_ADDR, PET_MASTER_PORT',
    text: 'Read by torchrun when a command calls it',
    fallback: null,
  },
  {
    name: 'RANK, LOCAL_RANK, WORLD_SIZE, LOCAL_WORLD_SIZE',
    text: 'Place of the process',
    fallback: 'not set but with the recipe `torchrun`',
  },
  {
    name: 'OMP_NUM_THREADS',
    text: 'Threads of a process, from `compute.cpu`',
    fallback: '`1` where ranks share a replica, else not set',
  },
  {
    name: 'MASTER_ADDR, MASTER_PORT',
    text: 'Where ranks meet, with the recipe `torchrun` or several replicas',
    fallback: null,
  },
  {
    name: 'NNODES, NODE_RANK, VC_WORKER_HOSTS, VC_TASK_INDEX, TASK_INDEX, TASKROLE_NAME',
    text: 'Place of the replica; only with more than one',
    fallback: 'not set',
  },
];
