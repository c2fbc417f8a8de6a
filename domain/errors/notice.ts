import { entry } from '../error-entry.ts';

/** Faults of the channels that people are told through. None of them fails a run. */
export const NOTICE_ERRORS = {
  TY_NOTIFY_UNKNOWN: entry(
    'never',
    404,
    2,
    ['the settings have no such channel', '设置中没有该通知渠道'],
    ['trainyard notify list', 'trainyard notify list'],
  ),
  TY_NOTIFY_CREDENTIAL: entry(
    'never',
    422,
    1,
    ['the secret of a channel cannot be used', '通知渠道的密钥无法使用'],
    ['trainyard credential set NAME --host HOST', 'trainyard credential set NAME --host HOST'],
  ),
  TY_NOTIFY_REFUSED: entry(
    'retry',
    502,
    1,
    ['a channel did not take the message', '通知渠道没有接收消息'],
    ['mend what the answer says, then trainyard notify test NAME', '按应答内容修复，然后 trainyard notify test NAME'],
  ),
} as const;
