import { entry } from '../error-entry.ts';

/** Faults of training and packaging jobs. */
export const JOB_ERRORS = {
  TY_JOB_EXIT_CODE: entry(
    'never',
    422,
    5,
    ['a rank ended with an exit code other than 0', '某个 rank 以非零退出码结束'],
    ['trainyard run logs RUN --rank N', 'trainyard run logs RUN --rank N'],
  ),
  TY_JOB_SIGNAL: entry(
    'never',
    422,
    5,
    ['a rank was ended by a signal', '某个 rank 被信号终止'],
    ['trainyard run logs RUN --rank N', 'trainyard run logs RUN --rank N'],
  ),
  TY_JOB_OOM: entry(
    'never',
    422,
    5,
    ['a rank used more memory than compute.memory allows', '某个 rank 使用的内存超过 compute.memory'],
    ['raise compute.memory or lower the batch size', '提高 compute.memory 或减小批大小'],
  ),
  TY_JOB_COMMAND_NOT_FOUND: entry(
    'never',
    422,
    5,
    ['the command to run does not exist', '要运行的命令不存在'],
    ['check recipe.command, or install the program on the site', '检查 recipe.command，或在站点上安装该程序'],
  ),
  TY_JOB_START_DEADLINE: entry(
    'never',
    504,
    5,
    ['not every rank joined before limits.starting', '并非所有 rank 都在 limits.starting 之前加入'],
    [
      'read the logs of the rank that did not join; raise limits.starting if it is only slow',
      '查看未加入的 rank 的日志；若只是较慢，请提高 limits.starting',
    ],
  ),
  TY_JOB_SILENT: entry(
    'never',
    504,
    5,
    ['the job wrote nothing for longer than limits.silent', '作业超过 limits.silent 没有任何输出'],
    [
      'trainyard run logs RUN; raise limits.silent, or set it to null',
      'trainyard run logs RUN；提高 limits.silent 或设为 null',
    ],
  ),
  TY_JOB_LOST: entry(
    'retry',
    503,
    5,
    ['the job vanished without leaving a result', '作业消失且没有留下结果'],
    [
      'Trainyard starts it again by itself while retries.infrastructure lasts',
      '在 retries.infrastructure 用尽之前 Trainyard 会自动重新启动',
    ],
  ),
  TY_JOB_NAME_TAKEN: entry(
    'never',
    409,
    1,
    ['a job of that name exists and is not ours', '同名作业已存在且不属于本运行'],
    ['remove it, or start a new run', '删除它，或开始新的运行'],
  ),
  TY_JOB_CANCELLED: entry(
    'never',
    409,
    3,
    ['the job was cancelled', '作业已取消'],
    ['trainyard run start', 'trainyard run start'],
  ),
  TY_TRAIN_NO_OUTPUT: entry(
    'never',
    422,
    5,
    ['training ended well but left nothing in its output folder', '训练正常结束但输出目录为空'],
    ['write the weights to the folder in TRAINYARD_OUTPUT_DIR', '把权重写入 TRAINYARD_OUTPUT_DIR 指向的目录'],
  ),
  TY_CHECKPOINT_MISSING: entry(
    'never',
    422,
    2,
    ['the run to start from has left no checkpoint', '作为起点的运行没有留下检查点'],
    [
      'name a run of the same project whose recipe.checkpoint.path holds something, or leave out recipe.checkpoint.from',
      '请指定同一项目中 recipe.checkpoint.path 处已有内容的运行，或省略 recipe.checkpoint.from',
    ],
  ),
  TY_RECIPE_SCRIPT_MISSING: entry(
    'never',
    422,
    1,
    ['the script is not in the repository at that commit', '该提交中没有此脚本'],
    [
      'check recipe.script, package.script and evaluate.script',
      '检查 recipe.script、package.script 和 evaluate.script',
    ],
  ),
  TY_PACKAGE_NO_ARTIFACT: entry(
    'never',
    422,
    5,
    ['packaging ended well but left no artifact', '打包正常结束但没有产物'],
    ['write the module to the path in TRAINYARD_MODEL_FILE', '把模块写入 TRAINYARD_MODEL_FILE 指向的路径'],
  ),
  TY_PACKAGE_INVALID: entry(
    'never',
    422,
    5,
    ['the artifact cannot be loaded or run', '产物无法加载或运行'],
    ['trainyard run logs RUN --stage package', 'trainyard run logs RUN --stage package'],
  ),
  TY_EVALUATE_NO_METRICS: entry(
    'never',
    422,
    5,
    ['evaluation ended well but wrote no metrics.json', '评估正常结束但没有写出 metrics.json'],
    [
      'write a flat JSON object of numbers to TRAINYARD_METRICS_JSON',
      '把由数字组成的扁平 JSON 对象写入 TRAINYARD_METRICS_JSON',
    ],
  ),
  TY_SITE_NO_TORCH: entry(
    'never',
    422,
    1,
    ["the site's Python cannot import torch", '站点的 Python 无法导入 torch'],
    [
      'npm run setup, or point TRAINYARD_PYTHON at a Python that has it',
      'npm run setup，或将 TRAINYARD_PYTHON 指向带有 torch 的 Python',
    ],
  ),
  TY_SITE_UNKNOWN: entry(
    'never',
    422,
    2,
    ['the settings name no such site', '设置中没有该站点'],
    ['use site: local, or add the site to the settings', '使用 site: local，或在设置中添加该站点'],
  ),
} as const;
