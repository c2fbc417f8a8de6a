import { entry } from '../error-entry.ts';

/** Faults of jobs on a cluster, and of what a backend or a site cannot run. */
export const CLUSTER_ERRORS = {
  TY_JOB_UNSCHEDULABLE: entry(
    'retry',
    503,
    5,
    ['no node of the cluster can take the job', '集群中没有节点可以运行该作业'],
    [
      'lower compute, wait for free capacity, or raise limits.queued',
      '降低 compute、等待空闲资源，或提高 limits.queued',
    ],
  ),
  TY_JOB_IMAGE_PULL: entry(
    'never',
    422,
    5,
    ['the image cannot be pulled', '无法拉取镜像'],
    ['check compute.image and compute.imagePullSecrets', '检查 compute.image 和 compute.imagePullSecrets'],
  ),
  TY_JOB_CONFIG_MISSING: entry(
    'never',
    422,
    5,
    ['a ConfigMap, Secret or claim that the pods need does not exist', 'Pod 所需的 ConfigMap、Secret 或存储声明不存在'],
    [
      'create it in the namespace of the site, then trainyard run rerun RUN --from train',
      '在站点的命名空间中创建它，然后 trainyard run rerun RUN --from train',
    ],
  ),
  TY_JOB_HOST_PATH_MISSING: entry(
    'never',
    422,
    5,
    ['the folder does not exist on the node', '节点上不存在该目录'],
    ['check code.hostPath, or bring the code in another way', '检查 code.hostPath，或用其他方式提供代码'],
  ),
  TY_JOB_START_ERROR: entry(
    'never',
    422,
    5,
    ['the container could not be started', '容器无法启动'],
    ['check the command and the image', '检查命令和镜像'],
  ),
  TY_JOB_INIT_FAILED: entry(
    'never',
    422,
    5,
    ['an init container failed', '初始化容器失败'],
    ['trainyard run logs RUN', 'trainyard run logs RUN'],
  ),
  TY_JOB_EVICTED: entry(
    'retry',
    503,
    5,
    ['a pod was evicted from its node', 'Pod 被节点驱逐'],
    [
      'Trainyard starts the job again by itself while retries.infrastructure lasts',
      '在 retries.infrastructure 用尽之前 Trainyard 会自动重新启动',
    ],
  ),
  TY_JOB_PREEMPTED: entry(
    'retry',
    503,
    5,
    ['the job had to make room for one of higher priority', '作业被更高优先级的作业抢占'],
    [
      'Trainyard starts the job again by itself; a higher priorityClass keeps it running',
      'Trainyard 会自动重新启动；更高的 priorityClass 可避免被抢占',
    ],
  ),
  TY_JOB_NODE_LOST: entry(
    'retry',
    503,
    5,
    ['a node went away with a pod on it', 'Pod 所在的节点丢失'],
    [
      'Trainyard starts the job again by itself while retries.infrastructure lasts',
      '在 retries.infrastructure 用尽之前 Trainyard 会自动重新启动',
    ],
  ),
  TY_JOB_DEADLINE: entry(
    'never',
    504,
    5,
    ['the job ran longer than it may', '作业运行超过允许的时长'],
    ['raise limits.total', '提高 limits.total'],
  ),
  TY_CLUSTER_UNAVAILABLE: entry(
    'retry',
    503,
    7,
    ['the API server of the cluster cannot do this just now', '集群的 API Server 暂时无法完成该操作'],
    [
      'Trainyard tries again by itself; trainyard doctor shows what the site says',
      'Trainyard 会自动重试；trainyard doctor 可查看站点状态',
    ],
  ),
  TY_CLUSTER_UNAUTHORIZED: entry(
    'ask',
    502,
    4,
    ['the cluster does not accept the credentials of the site', '集群不接受站点的凭据'],
    [
      'renew the token or certificate in the kubeconfig of the site; the run goes on by itself',
      '更新站点 kubeconfig 中的令牌或证书；运行会自动继续',
    ],
  ),
  TY_CLUSTER_FORBIDDEN: entry(
    'never',
    403,
    4,
    ['the credentials of the site may not do this in its namespace', '站点的凭据在其命名空间中没有此权限'],
    [
      'trainyard rbac -n NAMESPACE --service-account NAME --apply',
      'trainyard rbac -n NAMESPACE --service-account NAME --apply',
    ],
  ),
  TY_CLUSTER_NAMESPACE: entry(
    'never',
    422,
    2,
    ['the namespace of the site does not exist', '站点的命名空间不存在'],
    ['create it, or name another one in the settings of the site', '创建它，或在站点设置中改用其他命名空间'],
  ),
  TY_CLUSTER_LEFTOVERS: entry(
    'retry',
    503,
    5,
    ['objects of the job are still there after its cancel', '取消后作业仍有对象残留'],
    ['look at them with kubectl; Trainyard tries again by itself', '用 kubectl 查看；Trainyard 会自动重试'],
  ),
  TY_BACKEND_MISSING: entry(
    'never',
    422,
    2,
    ['the backend is not installed on the cluster', '集群上没有安装该后端'],
    [
      'trainyard doctor --backend NAME prints how it is installed; or use backend: kubernetes-job',
      'trainyard doctor --backend NAME 会给出安装命令；或使用 backend: kubernetes-job',
    ],
  ),
  TY_BACKEND_SUSPEND: entry(
    'never',
    422,
    2,
    ['the backend cannot suspend jobs', '该后端无法挂起作业'],
    [
      'trainyard run cancel RUN, and start it again later; kubernetes-job, volcano and trainjob can suspend',
      'trainyard run cancel RUN，稍后再重新启动；kubernetes-job、volcano 和 trainjob 支持挂起',
    ],
  ),
  TY_SITE_CLAIM: entry(
    'never',
    422,
    2,
    ['the workspace claim of the site is missing or cannot be shared', '站点的工作区存储声明不存在或无法共享'],
    [
      'create it with access mode ReadWriteMany; deploy/kubernetes has an example',
      '以 ReadWriteMany 模式创建它；deploy/kubernetes 中有示例',
    ],
  ),
  TY_WORKSPACE_OWNER: entry(
    'never',
    500,
    7,
    ['files of the workspace cannot be given to the user of the pods', '无法将工作区文件交给 Pod 的用户'],
    ['run the worker as the user of the pods (runAs of the site)', '以 Pod 的用户（站点的 runAs）运行 worker'],
  ),
  TY_RUN_NO_POD: entry(
    'never',
    404,
    1,
    ['nothing of the run runs there', '该处没有正在运行的内容'],
    ['trainyard run get RUN shows what it does now', 'trainyard run get RUN 可查看它当前的状态'],
  ),
  TY_FILES_UNREACHABLE: entry(
    'retry',
    503,
    9,
    ["the worker of the site does not give out its runs' files", '站点的 worker 没有提供运行文件'],
    [
      'set files.port of the site where its worker runs, and look whether the worker is up',
      '在 worker 所在处设置站点的 files.port，并检查 worker 是否在运行',
    ],
  ),
  TY_FILES_TOKEN: entry(
    'ask',
    401,
    4,
    ["the token for the files of the site's runs is missing or wrong", '站点运行文件的令牌缺失或错误'],
    [
      'name the file that holds it in files.tokenFile of the site, or in TRAINYARD_FILES_TOKEN_FILE',
      '在站点的 files.tokenFile 或 TRAINYARD_FILES_TOKEN_FILE 中指定保存令牌的文件',
    ],
  ),
  TY_JOB_REFUSED: entry(
    'never',
    422,
    5,
    ['the cluster refuses the job', '集群拒绝该作业'],
    [
      'change what it names; trainyard run start --dry-run=server tries without a job',
      '修改其指出的内容；trainyard run start --dry-run=server 可试提交',
    ],
  ),
  TY_BACKEND_UNSUPPORTED: entry(
    'never',
    422,
    2,
    ['the backend cannot run such a job', '该后端无法运行这样的作业'],
    ['use another backend, or leave out what is named above', '使用其他后端，或去掉上面指出的部分'],
  ),
  TY_BACKEND_NAME: entry(
    'never',
    422,
    2,
    ['a name is too long or too odd for the objects of the backend', '名称对该后端的对象来说过长或不合规'],
    ['shorten the name of the run or of the role', '缩短运行或角色的名称'],
  ),
  TY_BACKEND_ACCELERATOR: entry(
    'never',
    422,
    2,
    [
      'the accelerators asked for exclude each other, or their profile is unknown',
      '所请求的加速器互相排斥，或其配置未知',
    ],
    [
      'ask for whole devices or for shares of devices, not both; profiles are named in the settings of the site',
      '整卡与切分卡只能选其一；配置名见站点设置',
    ],
  ),
  TY_BACKEND_POLICY: entry(
    'never',
    403,
    2,
    ['the site does not allow this', '站点不允许此项'],
    ['leave it out, or ask the operator of the site to allow it', '去掉它，或请站点管理员放行'],
  ),
  TY_BACKEND_DIRECTORY: entry(
    'never',
    422,
    1,
    ['a directory of the job lies outside the workspace', '作业的某个目录不在工作区内'],
    ['keep the workspace of the site on its claim', '请将站点的工作区放在其存储声明上'],
  ),
} as const;
