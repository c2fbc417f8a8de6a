import { describe, expect, it } from 'vitest';
import { chineseOf } from '../../../spec/issues-zh.ts';

describe('chineseOf', () => {
  it.each([
    ['is not a field', '不是已知字段'],
    ['must be a set of fields, not text', '必须是一组字段，而不是文本'],
    ['must be one of torchrun, command', '必须是以下之一：torchrun, command'],
    ['must be local', '必须是 local'],
    ['must be at least 1', '不能小于 1'],
    ['must have exactly one of repo, path, not repo and path', '以下必须且只能有一个：repo, path；现有 repo and path'],
    ['has {date}, which is none of {name}, {run}', '含有 {date}，但只能使用 {name}, {run}'],
    ['volcano is not built yet', 'volcano 尚未实现'],
    ['holds ".."', '含有 ".."'],
    ['is "HEAD"', '不能是“HEAD”'],
  ])('says %s', (en, zh) => {
    expect(chineseOf(en)).toBe(zh);
  });

  it('leaves what it does not know to the English sentence', () => {
    expect(chineseOf('Invalid something of a library')).toBeUndefined();
  });
});
