import { entry } from '../error-entry.ts';

/** Faults of sites whose pods do not share a claim with the worker. */
export const HANDOVER_ERRORS = {
  TY_SITE_HANDOVER: entry(
    'never',
    422,
    2,
    ['the place where jobs leave their files cannot be used', '作业交付文件的位置无法使用'],
    [
      'check workspace.replicas.handover of the site, then trainyard doctor --site NAME',
      '检查站点的 workspace.replicas.handover，然后 trainyard doctor --site NAME',
    ],
  ),
  TY_SITE_SECRET: entry(
    'never',
    422,
    2,
    ['a Secret that the pods of the site need does not exist', '站点的 Pod 所需的 Secret 不存在'],
    [
      'create it in the namespace of the site; docs/guides/kubernetes.md has the commands',
      '在站点的命名空间中创建它；命令见 docs/guides/kubernetes.md',
    ],
  ),
  TY_HANDOVER_FAILED: entry(
    'retry',
    503,
    5,
    ['files could not be left for, or taken from, another job', '无法交付或取得作业之间的文件'],
    ['check the object store or the claim of the site', '检查站点的对象存储或存储声明'],
  ),
  TY_HANDOVER_DAMAGED: entry(
    'retry',
    502,
    5,
    ['what was handed over is not whole', '交付的文件不完整'],
    ['Trainyard takes it again by itself; check the object store', 'Trainyard 会自动重新获取；请检查对象存储'],
  ),
  TY_HANDOVER_REFUSED: entry(
    'never',
    422,
    5,
    ['what training wrote cannot be handed over', '训练产出的文件无法交付'],
    ['write files, folders and links that stay inside', '只写入文件、目录和不指向外部的链接'],
  ),
} as const;
