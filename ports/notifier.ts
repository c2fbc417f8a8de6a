import type { ChannelKind, ChannelSettings } from '../domain/notices/channel.ts';
import type { Told } from '../domain/notices/delivery.ts';
import type { NoticeText } from '../domain/notices/text.ts';

/** Something to tell, ready for any channel. */
export interface Message {
  /** The same for the same notice on the same channel, however often it is handed over. Without dots. */
  readonly key: string;
  /** Of the notice. */
  readonly id: string;
  /** `dev.trainyard.run.ended.v1` and so on. */
  readonly type: string;
  /** RFC 3339. */
  readonly at: string;
  /** What messages of one conversation have in common: the run. */
  readonly thread: string;
  readonly project: string;
  readonly text: NoticeText;
  /** The notice itself, for programs. */
  readonly data: unknown;
}

/** One configured way to tell people something. */
export interface Channel {
  readonly name: string;
  readonly kind: ChannelKind;
  /** How many messages go out together at most. */
  readonly batch: number;
  /** Milliseconds the other side wants between two. */
  readonly spacingMs: number;
  /**
   * Hands them over, all or none. Never throws for what the other side or the network does; throws
   * `TY_GIT_CREDENTIAL_MISSING` and `TY_NOTIFY_CREDENTIAL` for a secret that cannot be used.
   */
  tell(messages: readonly [Message, ...Message[]], signal: AbortSignal): Promise<Told>;
}

/** Makes channels of settings. */
export type MakeChannel = (settings: ChannelSettings) => Channel;
