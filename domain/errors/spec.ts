import { entry } from '../error-entry.ts';

/** Faults of what the user wrote: the spec, the command line, the settings. */
export const SPEC_ERRORS = {
  TY_SPEC_INVALID: entry(
    'never',
    422,
    2,
    ['the spec does not fit the schema', '规格不符合模式'],
    [
      'mend the fields named above; `trainyard init` writes a commented example',
      '修正上面列出的字段；`trainyard init` 会写出带注释的示例',
    ],
  ),
  TY_SPEC_UNKNOWN_KEY: entry(
    'never',
    422,
    2,
    ['the spec has a field that does not exist', '规格中有不存在的字段'],
    [
      'remove it or use the suggested name; fields are listed in docs/reference/spec.md',
      '删除它或改用建议的名称；字段见 docs/reference/spec.md',
    ],
  ),
  TY_SPEC_SYNTAX: entry(
    'never',
    400,
    2,
    ['the file is not valid YAML or JSON', '文件不是有效的 YAML 或 JSON'],
    ['mend the line named above', '修正上面指出的行'],
  ),
  TY_SPEC_NOT_FOUND: entry(
    'never',
    404,
    2,
    ['there is no spec file', '找不到规格文件'],
    ['trainyard init', 'trainyard init'],
  ),
  TY_SPEC_URL: entry(
    'never',
    422,
    2,
    ['a repository URL is not allowed', '仓库地址不被允许'],
    [
      'use https:// or ssh:// without user name or password; store the password with `trainyard credential set NAME --host HOST`',
      '使用不带用户名和密码的 https:// 或 ssh://；用 `trainyard credential set NAME --host HOST` 保存密码',
    ],
  ),
  TY_SPEC_REF: entry(
    'never',
    422,
    2,
    ['a Git ref is not well formed', 'Git 引用格式不正确'],
    ['name a branch, a tag or a full commit id', '请填写分支、标签或完整的提交号'],
  ),
  TY_SPEC_NOT_BUILT: entry(
    'never',
    501,
    2,
    ['this part of the spec is not built yet', '规格中的这一部分尚未实现'],
    ['remove the field, or use `backend: { kind: local }`', '删除该字段，或使用 `backend: { kind: local }`'],
  ),
  TY_SPEC_SITE: entry(
    'never',
    422,
    2,
    ['the spec runs on a cluster, and no site of the settings is meant', '规格要在集群上运行，但设置中没有对应的站点'],
    [
      'name a site in backend.site; sites are written in ~/.config/trainyard/config.yaml: sites: { NAME: { namespace: …, workspace: { root: …, claim: … } } }',
      '在 backend.site 中写明站点；站点写在 ~/.config/trainyard/config.yaml 中：sites: { NAME: { namespace: …, workspace: { root: …, claim: … } } }',
    ],
  ),
  TY_CLI_USAGE: entry(
    'never',
    400,
    2,
    ['the command line is not understood', '无法理解命令行'],
    ['trainyard --help', 'trainyard --help'],
  ),
  TY_SETTINGS_INVALID: entry(
    'never',
    422,
    2,
    ['the settings file does not fit the schema', '设置文件不符合模式'],
    ['mend ~/.config/trainyard/config.yaml', '修正 ~/.config/trainyard/config.yaml'],
  ),
} as const;
