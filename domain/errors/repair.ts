import { entry } from '../error-entry.ts';

/** Faults of changing a run, going on from one, and removing one. */
export const REPAIR_ERRORS = {
  TY_RUN_FIELD_READ: entry(
    'never',
    409,
    2,
    ['a stage that is done has read a field that is to change', '已完成的阶段读取过要修改的字段'],
    [
      'trainyard run rerun RUN --from STAGE --set PATH=VALUE, with the stage named above',
      '使用上面指出的阶段：trainyard run rerun RUN --from STAGE --set PATH=VALUE',
    ],
  ),
  TY_RERUN_REFUSED: entry(
    'never',
    409,
    1,
    ['no run can go on from this stage of that run', '无法从该运行的这一阶段接续'],
    [
      'trainyard run rerun RUN --from STAGE, with the stage named above',
      '使用上面指出的阶段：trainyard run rerun RUN --from STAGE',
    ],
  ),
  TY_RERUN_CHANGED: entry(
    'never',
    409,
    1,
    ['what a run is to take over is not what the other run left', '要沿用的文件已不是原运行留下的内容'],
    ['trainyard run rerun RUN --from train', 'trainyard run rerun RUN --from train'],
  ),
  TY_RUN_NOT_OVER: entry(
    'never',
    409,
    1,
    ['the run has not ended', '该运行尚未结束'],
    ['trainyard run cancel RUN', 'trainyard run cancel RUN'],
  ),
  TY_FILES_ELSEWHERE: entry(
    'never',
    409,
    1,
    ['the files of the run lie where this machine cannot remove them', '该运行的文件位于本机无法删除的位置'],
    [
      'trainyard run delete RUN, on the machine whose worker serves the site',
      '在为该站点服务的 worker 所在机器上执行 trainyard run delete RUN',
    ],
  ),
} as const;
