import { entry } from '../error-entry.ts';

/** Faults of services, runs, the workspace and Trainyard itself. */
export const SYSTEM_ERRORS = {
  TY_SERVE_PORT_TAKEN: entry(
    'never', 409, 1,
    ['another program listens on the service\'s port', '另一个程序占用了服务端口'],
    ['choose another serve.port, or leave it out', '选择另一个 serve.port，或省略该字段'],
  ),
  TY_SERVE_NOT_READY: entry(
    'never', 504, 5,
    ['the service did not become ready; the version before serves again', '服务未就绪；已恢复先前版本'],
    ['trainyard run logs RUN --stage register', 'trainyard run logs RUN --stage register'],
  ),
  TY_SERVE_BAD_ANSWER: entry(
    'never', 502, 5,
    ['the service is ready but its first answer was wrong', '服务已就绪但首次应答不正确'],
    ['trainyard run logs RUN --stage register', 'trainyard run logs RUN --stage register'],
  ),
  TY_SERVE_NO_RUNTIME: entry(
    'never', 422, 1,
    ['the site has no inference server', '站点没有推理服务器'],
    ['npm run setup', 'npm run setup'],
  ),
  TY_DISK_FULL: entry(
    'ask', 507, 1,
    ['the workspace has too little room', '工作区空间不足'],
    ['free space or move the workspace, then retry the run', '释放空间或移动工作区，然后重试该运行'],
  ),
  TY_WORKSPACE_FAILED: entry(
    'retry', 500, 1,
    ['the workspace could not be read or written', '无法读写工作区'],
    ['check the folder\'s owner and mount', '检查目录的属主和挂载'],
  ),
  TY_SNAPSHOT_REFUSED: entry(
    'never', 422, 2,
    ['the folder cannot be taken as code', '该目录不能作为代码'],
    ['name an existing folder below 1 GiB without links that leave it', '请指定小于 1 GiB 且没有越界链接的现有目录'],
  ),
  TY_RUN_NOT_FOUND: entry(
    'never', 404, 1,
    ['there is no such run', '没有该运行'],
    ['trainyard run list', 'trainyard run list'],
  ),
  TY_RUN_EXISTS: entry(
    'never', 409, 1,
    ['a run with this id has been there before', '该编号的运行已存在'],
    ['start it under another workflow id', '使用另一个工作流编号启动'],
  ),
  TY_RUN_CANCELLED: entry(
    'never', 409, 3,
    ['the run was cancelled', '运行已取消'],
    ['trainyard run start', 'trainyard run start'],
  ),
  TY_RUN_DEADLINE: entry(
    'never', 504, 5,
    ['the run took longer than limits.total', '运行超过 limits.total'],
    ['raise limits.total, or set it to null', '提高 limits.total 或设为 null'],
  ),
  TY_RUN_PARKED_TOO_LONG: entry(
    'never', 504, 5,
    ['nobody mended the run within limits.parked', '在 limits.parked 内没有人修复该运行'],
    ['start it again once the cause above is mended', '修复上述原因后重新启动'],
  ),
  TY_RUN_ABORTED: entry(
    'never', 409, 3,
    ['a person ended the parked run', '有人终止了暂停的运行'],
    ['trainyard run start', 'trainyard run start'],
  ),
  TY_RUN_NOT_PARKED: entry(
    'never', 409, 1,
    ['the run does not wait for a person', '该运行没有在等待人工处理'],
    ['trainyard run get RUN', 'trainyard run get RUN'],
  ),
  TY_TEMPORAL_UNREACHABLE: entry(
    'retry', 503, 9,
    ['the Temporal server does not answer', 'Temporal 服务器没有响应'],
    ['trainyard dev, or set TEMPORAL_ADDRESS', 'trainyard dev，或设置 TEMPORAL_ADDRESS'],
  ),
  TY_TEMPORAL_MISSING: entry(
    'never', 500, 1,
    ['there is no Temporal server program on this machine', '本机没有 Temporal 服务器程序'],
    ['npm run setup', 'npm run setup'],
  ),
  TY_WORKER_MISSING: entry(
    'retry', 503, 9,
    ['no worker answers for this run', '没有 worker 响应该运行'],
    ['trainyard dev, or trainyard worker', 'trainyard dev 或 trainyard worker'],
  ),
  TY_SETUP_UNOBTAINABLE: entry(
    'never', 500, 1,
    ['a program that Trainyard needs is missing, and there is no way to get it here', '缺少 Trainyard 所需的程序，且此处无法获取'],
    ['the command that the error names, then npm run setup', '执行错误中给出的命令，然后 npm run setup'],
  ),
  TY_SETUP_FAILED: entry(
    'never', 500, 1,
    ['a program that Trainyard needs could not be obtained', '未能获取 Trainyard 所需的程序'],
    ['npm run setup', 'npm run setup'],
  ),
  TY_INTERNAL: entry(
    'retry', 500, 1,
    ['Trainyard met something it did not expect', 'Trainyard 遇到意外情况'],
    ['please report it with the lines above', '请附上以上内容报告此问题'],
  ),
} as const;
