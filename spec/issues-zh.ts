/**
 * The findings in Chinese. A table by the English sentence, because many sentences come from the schemas of recipes
 * and backends, which carry one text each. `{…}` holds whatever stands there. The first that fits counts.
 */
const SENTENCES: readonly (readonly [en: string, zh: string])[] = [
  ['is not a field', '不是已知字段'],
  ['is required: one of {values}', '必填，可选值：{values}'],
  ['is required: what is trained', '必填：训练什么'],
  ['is required', '必填'],
  ['must be the name of a bucket', '必须是存储桶名称'],
  [
    'must be https://host[:port], or http:// for a store that has no certificate',
    '必须是 https://host[:port]；没有证书的存储可用 http://',
  ],
  ['needs `s3` or `claim`, and not both', '必须且只能写 `s3` 或 `claim` 之一'],
  ['needs `claim`, or `claim: null` and `replicas`', '必须写 `claim`，或者写 `claim: null` 和 `replicas`'],
  ['is not built yet', '尚未实现'],
  ['{value} is not built yet', '{value} 尚未实现'],
  ['must be one of {values}', '必须是以下之一：{values}'],
  ['must be at most 48 KiB as JSON, not {size} KiB', '转为 JSON 后最多 48 KiB，现为 {size} KiB'],
  ['must have at least {limit} characters', '至少要有 {limit} 个字符'],
  ['must have at most {limit} characters', '最多只能有 {limit} 个字符'],
  ['must have more than {limit} characters', '必须多于 {limit} 个字符'],
  ['must have less than {limit} characters', '必须少于 {limit} 个字符'],
  ['must have at least {limit} entries', '至少要有 {limit} 项'],
  ['must have at most {limit} entries', '最多只能有 {limit} 项'],
  ['must be at most {name}: {request} is above {limit}', '不能大于 {name}：{request} 超过 {limit}'],
  ['must be at most {limit}, its approvers', '不能大于其审批人数 {limit}'],
  ['must be at most {limit}, its replicas', '不能大于其副本数 {limit}'],
  ['must be less than {limit}, its replicas', '必须小于其副本数 {limit}'],
  ['is the name of another role: {name}', '与另一个角色同名：{name}'],
  ['needs a cluster; backend local runs processes of this machine', '需要集群；backend local 只运行本机进程'],
  ['needs backend paddlejob: PaddleCloud alone has sample sets', '需要 backend paddlejob：只有 PaddleCloud 有样本集'],
  [
    'must be one: all replicas of backend {kind} are alike; backend volcano takes any roles',
    '只能有一个：backend {kind} 的所有副本都相同；backend volcano 可用任意角色',
  ],
  [
    'has devices that exclude each other: {names}; ask for whole devices or for shares, once',
    '所请求的设备互相排斥：{names}；整卡与切分卡只能选其一，且只写一次',
  ],
  ['needs accelerator: gpu is one process a device', '需要 accelerator：gpu 表示每个设备一个进程'],
  [
    'must be the name of an object: lower-case letters, digits, "-" and "."',
    '必须是对象名称：小写字母、数字、“-”和“.”',
  ],
  ['must be a name of at most 63 lower-case letters, digits and "-"', '必须是最多 63 个小写字母、数字和“-”组成的名称'],
  ['must be the key of a label, such as {example}', '必须是标签的键，例如 {example}'],
  [
    'must be the value of a label: at most 63 letters, digits, "-", "_" and "."',
    '必须是标签的值：最多 63 个字母、数字、“-”、“_”和“.”',
  ],
  ['must be the name of an image, such as {example}', '必须是镜像名称，例如 {example}'],
  ['must be an absolute folder, without ":", "." or ".." in it', '必须是绝对路径的目录，且不含“:”、“.”或“..”'],
  ['must be a folder inside the claim: relative, without ".."', '必须是存储声明内的目录：相对路径，不含“..”'],
  ['must look like claim or claim/folder', '必须形如 claim 或 claim/目录'],
  ['must be a key of letters, digits, "-", "_" and "."', '必须是由字母、数字、“-”、“_”和“.”组成的键'],
  ['must be a set of fields with a profile, or a list of these', '必须是含 profile 的一组字段，或由它们组成的列表'],
  [
    'must be the name of a site: lower-case letters, digits and "-"; `local` is this machine',
    '必须是站点名称：小写字母、数字和“-”；`local` 指本机',
  ],
  [
    'must be the name of a channel: at most 40 lower-case letters, digits and "-"',
    '必须是通知渠道的名称：最多 40 个小写字母、数字和“-”',
  ],
  [
    'must be the name of a credential (trainyard credential list), not a secret or an address',
    '必须是凭据名称（trainyard credential list），而不是密钥或地址',
  ],
  ['must be a pattern such as sft-*, or a list of these', '必须是 sft-* 这样的模式，或由它们组成的列表'],
  ['must be a mail address such as {example}', '必须是邮箱地址，例如 {example}'],
  ['must be the name of a host, such as {example}', '必须是主机名，例如 {example}'],
  [
    'must be https://host/path, without a user name, a password or a "#"',
    '必须是 https://主机/路径，且不含用户名、密码或“#”',
  ],
  [
    'must be https, or plainHttp must be true: what is told could be read on the way',
    '必须是 https，或将 plainHttp 设为 true：否则内容可能在途中被读取',
  ],
  [
    'must not be none with a credential: the password would be readable on the way',
    '使用凭据时不能是 none：否则密码可能在途中被读取',
  ],
  [
    'must be NAMESPACE/SERVICE or NAMESPACE/SERVICE:PORT, with the port of its pods',
    '必须是 命名空间/服务 或 命名空间/服务:端口，端口为其 Pod 的端口',
  ],
  ['must be the name of a device resource, such as {example}', '必须是设备资源的名称，例如 {example}'],
  ['must be the id of a run, such as {example}', '必须是运行编号，例如 {example}'],
  ['may have "*" only in its last part', '“*”只能出现在最后一段'],
  ['must be at least {limit}', '不能小于 {limit}'],
  ['must be at most {limit}', '不能大于 {limit}'],
  ['must be more than {limit}', '必须大于 {limit}'],
  ['must be less than {limit}', '必须小于 {limit}'],
  [
    'must be 1 to 40 lower-case letters, digits and "-", starting with a letter (displayName takes any script)',
    '必须是 1 到 40 个小写字母、数字和“-”，并以字母开头（displayName 可用任何文字）',
  ],
  ['must be a duration such as {examples}', '必须是时长，例如 {examples}'],
  ['must be an amount of memory or disk such as {examples}', '必须是内存或磁盘的容量，例如 {examples}'],
  ['must be an amount of CPU such as {examples}', '必须是 CPU 的数量，例如 {examples}'],
  [
    'must be the name of an environment variable, and not one of {names}',
    '必须是环境变量的名称，且不能是 {names} 之一',
  ],
  ['must be a whole number from 1 to 64, auto or gpu', '必须是 1 到 64 的整数、auto 或 gpu'],
  ['must be text, a number, true, false, or {secret}', '必须是文本、数字、true、false 或 {secret}'],
  [
    'must be text, a number, true, false, null or a list of these',
    '必须是文本、数字、true、false、null 或由它们组成的列表',
  ],
  ['must be text, a number, true or false', '必须是文本、数字、true 或 false'],
  [
    'must be the name of a stored credential: lower-case letters, digits, "-" and "."',
    '必须是已保存凭据的名称：小写字母、数字、“-”和“.”',
  ],
  ['must be an absolute folder', '必须是绝对路径的目录'],
  ['must be the sha256 of a snapshot', '必须是快照的 sha256'],
  [
    'must be a path inside the repository: relative, without "..", not starting with "-"',
    '必须是仓库内的路径：相对路径，不含“..”，不以“-”开头',
  ],
  ['must be the name of an option, without dashes in front', '必须是选项的名称，前面不带“-”'],
  ['must be a list (program and arguments) or one line of text', '必须是列表（程序及其参数）或一行文本'],
  ['must be one line without control characters', '必须是一行文本，且不含控制字符'],
  ['must not hold control characters', '不能含有控制字符'],
  ['must not hold a NUL character', '不能含有 NUL 字符'],
  ['must look like {example}', '必须形如 {example}'],
  ['must start with the name of a program', '必须以程序的名称开头'],
  ['must have exactly one of {names}, not {given}', '以下必须且只能有一个：{names}；现有 {given}'],
  ['must have exactly one of {names}', '以下必须且只能有一个：{names}'],
  ['must be {wanted}, not {found}', '必须是{wanted}，而不是{found}'],
  ['must be {value}', '必须是 {value}'],
  ['is too large to keep every digit; write it in quotes', '数值过大，无法保留每一位；请写在引号中'],
  ['has a quote that is not closed, or ends with a backslash', '引号没有闭合，或以反斜杠结尾'],
  ['needs script or command: what exports the trained weights', '需要 script 或 command：用来导出训练好的权重'],
  ['needs script or command', '需要 script 或 command'],
  ['needs package: it scores the packaged artifact', '需要 package：评估的是打包后的产物'],
  ['needs package: it serves the packaged artifact', '需要 package：服务使用的是打包后的产物'],
  [
    'is no condition: at character {at}, expected {wanted}, not {found}',
    '不是有效的条件：第 {at} 个字符处应为 {wanted}，而不是 {found}',
  ],
  ['is no condition: at character {at}, {fault}', '不是有效的条件：第 {at} 个字符处有误：{fault}'],
  ['must be the name of a person, or group:NAME', '必须是人员名称，或 group:组名'],
  ['must be the id of a run, or serving', '必须是运行 ID，或 serving'],
  ['stands before a stage that is switched off: {name} is left out', '位于已关闭的阶段之前：没有写 {name}'],
  ['has nothing to look at: there are no metrics before training', '没有可看的指标：训练之前没有指标'],
  ['needs evaluate: it looks at the metrics of the packaged artifact', '需要 evaluate：它看的是打包产物的指标'],
  ['needs metric: it says what happens when that does not hold', '需要 metric：它规定条件不成立时怎么办'],
  ['are never asked: otherwise is reject', '永远不会被询问：otherwise 为 reject'],
  ['needs approvers', '需要 approvers'],
  [
    'must be a name of letters, digits, "-", ".", "_", "@" and "+"',
    '必须是由字母、数字、“-”、“.”、“_”、“@”和“+”组成的名称',
  ],
  [
    'must be an Ed25519 public key, base64 of its 32 bytes: trainyard identity show prints it',
    '必须是 Ed25519 公钥（32 字节的 base64）：trainyard identity show 会显示它',
  ],
  ['stands beside {name}; keep one of them', '不能与 {name} 同时出现；请只保留一个'],
  ['has {{word}}, which is none of {words}', '含有 {{word}}，但只能使用 {words}'],
  ['is empty', '为空'],
  ['is longer than {limit} characters', '超过 {limit} 个字符'],
  ['is not valid Unicode', '不是有效的 Unicode'],
  ['is "{word}"', '不能是“{word}”'],
  [
    'is not an https://, ssh:// or file:// address, nor an absolute path',
    '不是 https://、ssh:// 或 file:// 地址，也不是绝对路径',
  ],
  ['holds a control character', '含有控制字符'],
  ['holds a space', '含有空格'],
  ['holds a backslash', '含有反斜杠'],
  ['holds one of {signs}', '含有以下字符之一：{signs}'],
  ['holds a user name or password', '含有用户名或密码'],
  ['holds a password', '含有密码'],
  ['holds {text}', '含有 {text}'],
  ['starts or ends with "/", or holds "//"', '以“/”开头或结尾，或含有“//”'],
  ['starts with {text}', '以 {text} 开头'],
  ['ends with {text}', '以 {text} 结尾'],
  ['looks like a commit id', '看起来是提交 ID'],
  ['names a remote helper', '指向远程辅助程序'],
  ['names no repository', '没有指向任何仓库'],
  ['names a host: use {example}', '含有主机名：请使用 {example}'],
  ['has no host, no path, or a host that is not one', '没有主机、没有路径，或主机无效'],
  ['has a user name that is not one', '用户名无效'],
  ['has a path with spaces, quotes or shell signs', '路径中有空格、引号或 shell 符号'],
  ['has a query or a fragment', '含有查询串或片段'],
  ['has a path that starts with "-"', '路径以“-”开头'],
  ['has a part that starts with {text}', '有一部分以 {text} 开头'],
  ['has a part that ends with {text}', '有一部分以 {text} 结尾'],
  ['has a broken percent escape', '百分号转义不完整'],
  ['has "." or ".." in its path', '路径中有“.”或“..”'],
];

/** Kinds of values, as `must be …, not …` names them. */
const WORDS: Readonly<Record<string, string>> = {
  text: '文本',
  'a number': '数字',
  'a whole number': '整数',
  'true or false': ' true 或 false',
  'a set of fields': '一组字段',
  'a list': '列表',
};

const RULES = SENTENCES.map(([en, zh]) => ({ pattern: patternOf(en), zh }));

/** A finding's sentence in Chinese; `undefined` for one that is in no table. */
export function chineseOf(message: string): string | undefined {
  for (const { pattern, zh } of RULES) {
    const groups = pattern.exec(message)?.groups;
    if (groups === undefined) continue;
    return zh.replace(/\{(\w+)\}/g, (_hole, name: string) => {
      const said = groups[name] ?? '';
      return WORDS[said] ?? said;
    });
  }
  return undefined;
}

/** `must be {a}, not {b}` as a pattern; a last group that is always there makes `groups` so too. */
function patternOf(sentence: string): RegExp {
  const source = sentence
    .split(/(\{\w+\})/)
    .map((part) =>
      /^\{\w+\}$/.test(part) ? `(?<${part.slice(1, -1)}>.+)` : part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${source}(?<end>)$`, 's');
}
