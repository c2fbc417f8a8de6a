import { entry } from '../error-entry.ts';

/** Faults of gates, and of the identities that decide at them. */
export const GATE_ERRORS = {
  TY_GATE_APPROVERS: entry(
    'never',
    422,
    2,
    ['a gate of the spec could never be decided', '规格中的某个关卡永远无法得到决定'],
    [
      'trainyard identity create NAME, and put the lines it prints into ~/.config/trainyard/config.yaml of the worker',
      'trainyard identity create NAME，并把它输出的几行写入工作进程的 ~/.config/trainyard/config.yaml',
    ],
  ),
  TY_GATE_REQUESTER: entry(
    'never',
    422,
    2,
    ['it is not known who started the run, and a gate has to know', '无法确定是谁启动了运行，而关卡需要知道'],
    [
      'trainyard identity create, have its key put into the settings of the worker, and start the run again',
      'trainyard identity create，把公钥写入工作进程的设置，然后重新启动运行',
    ],
  ),
  TY_GATE_REJECTED: entry(
    'never',
    409,
    5,
    ['a gate was not passed', '未通过关卡'],
    ['trainyard gate show RUN says who or what decided', 'trainyard gate show RUN 会说明由谁或由什么决定'],
  ),
  TY_GATE_NOT_WAITING: entry(
    'never',
    409,
    1,
    ['no gate of the run waits for a decision', '该运行没有等待决定的关卡'],
    ['trainyard gate show RUN', 'trainyard gate show RUN'],
  ),
  TY_GATE_CHANGED: entry(
    'never',
    409,
    1,
    ['the evidence is not what was looked at', '依据与当时所见不一致'],
    ['trainyard gate show RUN, and decide on what it shows', 'trainyard gate show RUN，并根据其内容作出决定'],
  ),
  TY_GATE_REFUSED: entry(
    'never',
    403,
    1,
    ['the run did not take the decision', '运行没有接受该决定'],
    ['trainyard gate show RUN', 'trainyard gate show RUN'],
  ),
  TY_IDENTITY_MISSING: entry(
    'never',
    404,
    2,
    ['this user has no identity to sign with', '当前用户没有可用于签名的身份'],
    ['trainyard identity create', 'trainyard identity create'],
  ),
  TY_IDENTITY_EXISTS: entry(
    'never',
    409,
    2,
    ['this user has an identity already', '当前用户已经有身份'],
    ['trainyard identity show', 'trainyard identity show'],
  ),
  TY_IDENTITY_INVALID: entry(
    'never',
    422,
    2,
    ['the identity file cannot be used', '身份文件无法使用'],
    [
      'chmod 600 ~/.config/trainyard/identity.json; or move it away, then: trainyard identity create',
      'chmod 600 ~/.config/trainyard/identity.json；或将其移走，然后执行 trainyard identity create',
    ],
  ),
} as const;
