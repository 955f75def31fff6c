// What a session is given and what it tells: options, the handler's contract, events and the ways to end.
import type { Clock } from './clock.ts';
import type { ApplicationMessage, Reject } from './messages.ts';
import type { SessionStore } from './store.ts';

export interface MessageInfo {
  readonly incomingSeq: number;
  readonly possDup: boolean;
  readonly possResend: boolean;
  /** Milliseconds since the epoch, by the peer's clock. */
  readonly sendingTime: number;
}

export interface SessionOptions {
  readonly role: 'initiator' | 'acceptor';
  readonly senderCompId: string;
  readonly targetCompId: string;
  readonly store: SessionStore;
  readonly clock: Clock;
  /** The initiator proposes it, the acceptor takes it. Seconds. */
  readonly heartBtIntSeconds?: number;
  /**
   * Gets each application message, and each Reject of one of ours, exactly once in order as long as it answers
   * 'committed' after having saved `incomingSeq` together with its effect; any other answer lets the store save
   * the number afterwards. When it throws, the connection ends and the message comes again after the next logon.
   */
  readonly onMessage: (
    message: ApplicationMessage | Reject,
    info: MessageInfo,
  ) => Promise<'committed' | void>;
  readonly onEvent?: (event: SessionEvent) => void;
}

export type EndCode =
  | 'LOGGED_OUT'
  | 'PEER_CLOSED'
  | 'PEER_SILENT'
  | 'LOGON_TIMEOUT'
  | 'SEQUENCE_TOO_LOW'
  | 'PROTOCOL_ERROR'
  /** The peer has lost its memory; the next logon starts both sides at 1. */
  | 'PEER_BEGAN_ANEW'
  | 'HANDLER_FAILED'
  | 'STORE_FAILED'
  | 'ALREADY_CONNECTED';
export interface SessionEnd {
  readonly code: EndCode;
  readonly text: string;
  /** Whether the connection got as far as an exchange of Logons. */
  readonly loggedOn: boolean;
  readonly error?: unknown;
}
export type SessionEvent =
  | { readonly kind: 'logged-on' }
  | { readonly kind: 'ended'; readonly end: SessionEnd }
  | { readonly kind: 'garbled'; readonly count: number }
  | { readonly kind: 'resend-asked'; readonly from: number; readonly received: number }
  | { readonly kind: 'message-rejected'; readonly msgType: string; readonly text: string };

export type SessionState = 'disconnected' | 'logging-on' | 'active' | 'logging-out';
