import type { NoticeFilter } from './filter.ts';

export type NoticeLanguage = 'en' | 'zh';

/** Where people are told, and of what. Credentials are names, never values. */
export interface ChannelBasics {
  readonly name: string;
  readonly language: NoticeLanguage;
  readonly filter: NoticeFilter;
  /** Seconds between two messages; what happens meanwhile is told together where the channel can. */
  readonly minSpacingSeconds: number;
}

/** Any receiver of Standard Webhooks. */
export interface WebhookSettings extends ChannelBasics {
  readonly kind: 'webhook';
  readonly url: string;
  /** Names the secret that signs, `whsec_…`. */
  readonly credential: string;
  /** Plain http to another machine is allowed. */
  readonly plainHttp: boolean;
}

/** A robot in a chat. Whoever knows its address may write there: the address is a secret. */
export interface ChatSettings extends ChannelBasics {
  readonly kind: 'slack' | 'dingtalk' | 'feishu';
  /** Names the address. */
  readonly credential: string;
  /** Names the secret that signs; `null` = the robot asks for no signature. Never for Slack. */
  readonly signing: string | null;
  readonly plainHttp: boolean;
}

/** How a mail server is spoken to. `none` is plain text. */
export type MailTls = 'implicit' | 'starttls' | 'none';

export interface EmailSettings extends ChannelBasics {
  readonly kind: 'email';
  readonly smtp: { readonly host: string; readonly port: number; readonly tls: MailTls };
  /** Names user and password; `null` = the server asks for none. */
  readonly credential: string | null;
  readonly from: string;
  readonly to: readonly string[];
}

export type ChannelSettings = WebhookSettings | ChatSettings | EmailSettings;

export type ChannelKind = ChannelSettings['kind'];
