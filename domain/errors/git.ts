import { entry } from '../error-entry.ts';

/** Faults of repositories, credentials and Git LFS. */
export const GIT_ERRORS = {
  TY_GIT_REPO_NOT_FOUND: entry(
    'never', 404, 1,
    ['the repository does not exist, or the credential may not see it', '仓库不存在，或凭据无权查看'],
    ['check the URL; a private repository answers "not found" without access: trainyard credential test NAME', '检查地址；无权限时私有仓库也会回答“未找到”：trainyard credential test NAME'],
  ),
  TY_GIT_REF_NOT_FOUND: entry(
    'never', 404, 1,
    ['the repository has no such branch, tag or commit', '仓库中没有该分支、标签或提交'],
    ['git ls-remote URL lists what there is', 'git ls-remote URL 可列出现有引用'],
  ),
  TY_GIT_EMPTY: entry(
    'never', 422, 1,
    ['the repository has no commits', '仓库没有任何提交'],
    ['push a first commit: trainyard repo push DIR URL', '先推送一个提交：trainyard repo push DIR URL'],
  ),
  TY_GIT_AUTH: entry(
    'ask', 401, 4,
    ['the server refused the credential', '服务器拒绝了凭据'],
    ['trainyard credential set NAME --host HOST', 'trainyard credential set NAME --host HOST'],
  ),
  TY_GIT_FORBIDDEN: entry(
    'ask', 403, 4,
    ['the credential may not do this', '凭据无权执行此操作'],
    ['grant write access to the account, then run retry', '授予该账号写权限，然后重试'],
  ),
  TY_GIT_CREDENTIAL_MISSING: entry(
    'never', 422, 4,
    ['the named credential does not exist', '指定的凭据不存在'],
    ['trainyard credential set NAME --host HOST', 'trainyard credential set NAME --host HOST'],
  ),
  TY_GIT_CREDENTIAL_HOST: entry(
    'never', 422, 4,
    ['the credential belongs to another host', '凭据属于另一台主机'],
    ['store one for this host: trainyard credential set NAME --host HOST', '为该主机保存凭据：trainyard credential set NAME --host HOST'],
  ),
  TY_GIT_HOST_NOT_ALLOWED: entry(
    'never', 422, 2,
    ['plain http and file repositories are used only where the settings name them', '只有在设置中列出时才使用 http 和 file 仓库'],
    ['add the host or folder to git.allow in ~/.config/trainyard/config.yaml', '把主机或目录加入 ~/.config/trainyard/config.yaml 的 git.allow'],
  ),
  TY_GIT_TLS: entry(
    'ask', 502, 1,
    ['the server\'s certificate is not trusted', '服务器证书不受信任'],
    ['trainyard credential trust HOST', 'trainyard credential trust HOST'],
  ),
  TY_GIT_UNREACHABLE: entry(
    'retry', 503, 9,
    ['the Git server did not answer', 'Git 服务器没有响应'],
    ['check the network; Trainyard tries again by itself', '检查网络；Trainyard 会自动重试'],
  ),
  TY_GIT_REDIRECT: entry(
    'never', 502, 1,
    ['the server redirects to another host', '服务器重定向到另一台主机'],
    ['use the URL it redirects to', '使用重定向后的地址'],
  ),
  TY_GIT_SOURCE_CHANGED: entry(
    'never', 409, 1,
    ['the pinned commit is gone from the server', '服务器上已没有锁定的提交'],
    ['start a new run on what the branch holds now', '用分支当前内容开始新的运行'],
  ),
  TY_GIT_UNSAFE_TREE: entry(
    'never', 422, 1,
    ['the repository holds a path that leaves its folder', '仓库含有越出其目录的路径'],
    ['remove the link or path named above', '删除上面列出的链接或路径'],
  ),
  TY_GIT_TOOL: entry(
    'never', 500, 1,
    ['git or git-lfs is missing or too old', '缺少 git 或 git-lfs，或版本过旧'],
    ['trainyard doctor', 'trainyard doctor'],
  ),
  TY_GIT_FAILED: entry(
    'retry', 502, 1,
    ['git ended with an error', 'git 出错退出'],
    ['read the lines of git above', '查看上面 git 的输出'],
  ),
  TY_LFS_OBJECT_MISSING: entry(
    'never', 422, 1,
    ['an LFS pointer has no object on the server', 'LFS 指针在服务器上没有对应对象'],
    ['git lfs push --all origin, from a clone that has the file', '在拥有该文件的克隆中执行 git lfs push --all origin'],
  ),
  TY_LFS_QUOTA: entry(
    'ask', 507, 1,
    ['the LFS server has no room', 'LFS 服务器空间不足'],
    ['raise the quota of the repository, then retry the run', '提高仓库配额，然后重试该运行'],
  ),
  TY_OUTPUT_BRANCH_TAKEN: entry(
    'never', 409, 1,
    ['the output branch exists already with other content', '输出分支已存在且内容不同'],
    ['choose another output.branch, for instance "{name}-{timestamp}"', '选择另一个 output.branch，例如 "{name}-{timestamp}"'],
  ),
  TY_PUSH_PROTECTED: entry(
    'ask', 403, 1,
    ['the server refused the push', '服务器拒绝了推送'],
    ['let the account push to that branch, then retry the run', '允许该账号推送到该分支，然后重试该运行'],
  ),
} as const;
