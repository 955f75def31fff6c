// One FIX session, the same for both sides: logon, sequence numbers in both directions, resend and gap fill,
// heartbeats, logout. It outlives its connections; `run` serves one of them from logon to its end.
// Rules: FIX 4.4 volume 2, "Session Protocol"; incoming messages are handled one at a time, in order.
import { Connection, type Ending } from './connection.ts';
import { decode, type Decoded } from './decode.ts';
import { Framing, type RawField } from './framing.ts';
import { Liveness } from './liveness.ts';
import {
  messageForms,
  type ApplicationMessage,
  type FixMessage,
  type Header,
  type Reject,
} from './messages.ts';
import { Outbound, type SendResult } from './outbound.ts';
import type { SessionEnd, SessionOptions, SessionState } from './session-options.ts';
import type { Transport } from './transport.ts';

/** Milliseconds from the connection to the peer's Logon. */
const LOGON_TIMEOUT_MS = 5_000;
/** Milliseconds that the peer has to answer our Logout. */
const LOGOUT_TIMEOUT_MS = 2_000;
const DEFAULT_HEART_BT_SECONDS = 5;

export class FixSession {
  readonly #options: SessionOptions;
  readonly #outbound: Outbound;
  #nextIncoming = 1;
  #neverUsed = false;
  #connection: Connection | undefined;

  /** Reads the numbers, so that messages can be sent (that is, stored) before the first connection. */
  static async open(options: SessionOptions): Promise<FixSession> {
    const session = new FixSession(options);
    await session.#loadNumbers();
    session.#neverUsed = session.#nextIncoming === 1 && session.#outbound.nextSeq === 1;
    return session;
  }

  private constructor(options: SessionOptions) {
    this.#options = options;
    this.#outbound = new Outbound({
      ...options,
      onWritten: () => this.#connection?.liveness?.written(),
      onFault: (error) =>
        this.#end({ code: 'STORE_FAILED', text: 'an outgoing message was not saved', error }),
    });
  }

  get state(): SessionState {
    return this.#connection?.state ?? 'disconnected';
  }

  get numbers(): { nextIncoming: number; nextOutgoing: number } {
    return { nextIncoming: this.#nextIncoming, nextOutgoing: this.#outbound.nextSeq };
  }

  /** Execution reports and their kin are stored when there is no connection; orders and quotes are refused. */
  async send(message: ApplicationMessage, { possResend = false } = {}): Promise<SendResult> {
    const stored = messageForms[message.msgType].replay === 'stored';
    if (!stored && this.state !== 'active') return { ok: false, code: 'NOT_LOGGED_ON' };
    return this.#outbound.put(message, possResend);
  }

  /** Resolves when the connection has ended, with the peer's Logout or without it. */
  async logout(text?: string): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    if (connection.state === 'active') {
      connection.state = 'logging-out';
      connection.endAfter(LOGOUT_TIMEOUT_MS, {
        code: 'LOGGED_OUT',
        text: 'the peer did not answer our Logout',
      });
      this.#put({ msgType: '5', ...(text === undefined ? {} : { text }) });
    } else if (connection.state === 'logging-on') {
      this.#end({ code: 'LOGGED_OUT', text: 'logged out before the logon was complete' });
    }
    await connection.finished;
  }

  /** Serves one connection and says how it ended. A second one at the same time is turned away. */
  async run(transport: Transport): Promise<SessionEnd> {
    if (this.#connection !== undefined) {
      transport.close();
      return { code: 'ALREADY_CONNECTED', text: 'the session has a connection already', loggedOn: false };
    }
    const connection = new Connection(transport, this.#options.clock);
    this.#connection = connection;
    try {
      await this.#begin(connection);
      await this.#read(connection);
    } catch (error) {
      this.#end({ code: 'STORE_FAILED', text: 'the session store failed', error });
    }
    const end = connection.finish();
    this.#outbound.close();
    this.#connection = undefined;
    this.#options.onEvent?.({ kind: 'ended', end });
    connection.announceFinished();
    return end;
  }

  async #loadNumbers(): Promise<void> {
    const { nextIncoming, nextOutgoing } = await this.#options.store.load();
    this.#nextIncoming = nextIncoming;
    this.#outbound.nextSeq = Math.max(this.#outbound.nextSeq, nextOutgoing);
  }

  async #begin(connection: Connection): Promise<void> {
    connection.endAfter(LOGON_TIMEOUT_MS, { code: 'LOGON_TIMEOUT', text: 'no Logon in time' });
    // Messages that were made without a connection keep their lower numbers, so they are saved first.
    await this.#outbound.drained();
    if (this.#options.role === 'acceptor') return this.#loadNumbers();
    // A store that never sent anything cannot know the peer's numbers, so both sides begin at 1.
    if (this.#neverUsed) await this.#resetNumbers();
    else await this.#loadNumbers();
    this.#outbound.open(connection.transport);
    this.#putLogon(this.#options.heartBtIntSeconds ?? DEFAULT_HEART_BT_SECONDS, this.#neverUsed);
  }

  async #resetNumbers(): Promise<void> {
    this.#nextIncoming = 1;
    this.#outbound.nextSeq = 1;
    await this.#options.store.reset();
  }

  async #read(connection: Connection): Promise<void> {
    const framing = new Framing();
    let garbled = 0;
    for await (const chunk of connection.transport.chunks) {
      const messages = framing.push(chunk);
      if (framing.garbled > garbled)
        this.#options.onEvent?.({ kind: 'garbled', count: framing.garbled - garbled });
      garbled = framing.garbled;
      for (const raw of messages) {
        if (connection.ending !== undefined) return;
        connection.busy = true;
        await this.#receive(connection, raw);
        connection.busy = false;
      }
      connection.liveness?.received();
    }
  }

  async #receive(connection: Connection, raw: readonly RawField[]): Promise<void> {
    const decoded = decode(raw);
    if (decoded.kind === 'headless') return this.#fail(decoded.text);
    const { header } = decoded;
    const { senderCompId, targetCompId } = this.#options;
    if (header.senderCompId !== targetCompId || header.targetCompId !== senderCompId) {
      return this.#fail(`CompID problem: ${header.senderCompId} to ${header.targetCompId}`);
    }
    if (connection.state === 'logging-on') {
      if (decoded.kind === 'message' && decoded.message.msgType === 'A')
        return this.#onLogon(header, decoded.message);
      return this.#fail('the first message must be a Logon');
    }
    if (
      decoded.kind === 'message' &&
      decoded.message.msgType === '4' &&
      decoded.message.gapFillFlag !== true
    ) {
      return this.#advance(decoded.message.newSeqNo - 1);
    }
    if (header.msgSeqNum < this.#nextIncoming) {
      if (header.possDup) return;
      return this.#tooLow(header);
    }
    if (header.msgSeqNum > this.#nextIncoming) return this.#tooHigh(connection, header, decoded);
    await this.#inOrder(connection, header, decoded);
  }

  async #inOrder(
    connection: Connection,
    header: Header,
    decoded: Exclude<Decoded, { kind: 'headless' }>,
  ): Promise<void> {
    const refSeqNum = header.msgSeqNum;
    if (decoded.kind === 'unsupported') {
      const refMsgType = decoded.msgType;
      this.#options.onEvent?.({
        kind: 'message-rejected',
        msgType: refMsgType,
        text: 'unsupported message type',
      });
      this.#put({
        msgType: 'j',
        refSeqNum,
        refMsgType,
        businessRejectReason: '3',
        text: 'unsupported message type',
      });
    } else if (decoded.kind === 'invalid') {
      const { msgType: refMsgType, problem } = decoded;
      this.#options.onEvent?.({ kind: 'message-rejected', msgType: refMsgType, text: problem.text });
      const reasons = { refTagId: problem.tag, sessionRejectReason: problem.reason, text: problem.text };
      this.#put({ msgType: '3', refSeqNum, refMsgType, ...reasons });
    } else {
      return this.#handle(connection, header, decoded.message);
    }
    await this.#advance(refSeqNum);
  }

  async #handle(connection: Connection, header: Header, message: FixMessage): Promise<void> {
    switch (message.msgType) {
      case '0':
        break;
      case '1':
        this.#put({ msgType: '0', testReqId: message.testReqId });
        break;
      case '2':
        await this.#outbound.replay(message.beginSeqNo, message.endSeqNo);
        break;
      case '4':
        return this.#advance(Math.max(message.newSeqNo - 1, header.msgSeqNum));
      case '5':
        await this.#advance(header.msgSeqNum);
        return this.#onLogout(connection, message.text);
      case 'A':
        return this.#fail('a Logon on a connection that is logged on');
      default:
        return this.#deliver(header, message);
    }
    await this.#advance(header.msgSeqNum);
  }

  async #deliver(header: Header, message: ApplicationMessage | Reject): Promise<void> {
    const { msgSeqNum: incomingSeq, possDup, possResend, sendingTime } = header;
    try {
      const answer = await this.#options.onMessage(message, {
        incomingSeq,
        possDup,
        possResend,
        sendingTime,
      });
      if (answer === 'committed') this.#nextIncoming = incomingSeq + 1;
      else await this.#advance(incomingSeq);
    } catch (error) {
      this.#end({ code: 'HANDLER_FAILED', text: `message ${incomingSeq} was not handled`, error });
    }
  }

  async #advance(doneSeq: number): Promise<void> {
    if (doneSeq < this.#nextIncoming) return;
    this.#nextIncoming = doneSeq + 1;
    await this.#options.store.saveIncoming(doneSeq);
  }

  async #onLogon(header: Header, logon: FixMessage<'A'>): Promise<void> {
    const connection = this.#connection!;
    const asksReset = logon.resetSeqNumFlag === true;
    if (this.#options.role === 'acceptor') {
      if (asksReset) await this.#resetNumbers();
      this.#outbound.open(connection.transport);
    } else if (asksReset && !this.#neverUsed) {
      this.#neverUsed = true;
      return this.#end({
        code: 'PEER_BEGAN_ANEW',
        text: 'the peer begins anew, so the next logon does as well',
      });
    }
    if (header.msgSeqNum < this.#nextIncoming) return this.#tooLow(header);
    // An acceptor without a memory cannot serve a client with one; its flag asks the client to begin anew.
    const forgot = this.#neverUsed && header.msgSeqNum > 1;
    if (this.#options.role === 'acceptor') this.#putLogon(logon.heartBtInt, asksReset || forgot);
    if (this.#options.role === 'acceptor' && forgot) return;
    this.#neverUsed = false;
    connection.cancelTimeout();
    connection.state = 'active';
    connection.loggedOn = true;
    connection.liveness = this.#watch(connection, Math.max(1, logon.heartBtInt));
    if (header.msgSeqNum > this.#nextIncoming) this.#askResend(connection, header.msgSeqNum);
    else await this.#advance(header.msgSeqNum);
    this.#options.onEvent?.({ kind: 'logged-on' });
  }

  #watch(connection: Connection, heartBtSeconds: number): Liveness {
    return new Liveness({
      clock: this.#options.clock,
      intervalMs: heartBtSeconds * 1000,
      heartbeat: () => this.#put({ msgType: '0' }),
      testRequest: () => this.#put({ msgType: '1', testReqId: String(this.#options.clock.now()) }),
      giveUp: () => this.#end({ code: 'PEER_SILENT', text: 'no answer to a TestRequest' }),
      busy: () => connection.busy,
    });
  }

  /** The message itself is dropped: it is part of what we ask for. Two kinds cannot wait for that. */
  async #tooHigh(connection: Connection, header: Header, decoded: Decoded): Promise<void> {
    const message = decoded.kind === 'message' ? decoded.message : undefined;
    // Both sides may miss something at once; serving the peer first avoids waiting for each other.
    if (message?.msgType === '2') await this.#outbound.replay(message.beginSeqNo, message.endSeqNo);
    if (message?.msgType === '5') return this.#onLogout(connection, message.text);
    this.#askResend(connection, header.msgSeqNum);
  }

  #askResend(connection: Connection, received: number): void {
    const from = this.#nextIncoming;
    if (!connection.shallAsk(from)) return;
    this.#options.onEvent?.({ kind: 'resend-asked', from, received });
    this.#put({ msgType: '2', beginSeqNo: from, endSeqNo: 0 });
  }

  async #tooLow(header: Header): Promise<void> {
    const text = `MsgSeqNum too low, expecting ${this.#nextIncoming} but received ${header.msgSeqNum}`;
    await this.#farewell(text);
    this.#end({ code: 'SEQUENCE_TOO_LOW', text });
  }

  async #fail(text: string): Promise<void> {
    await this.#farewell(text);
    this.#end({ code: 'PROTOCOL_ERROR', text });
  }

  async #onLogout(connection: Connection, text: string | undefined): Promise<void> {
    if (connection.state !== 'logging-out') await this.#farewell();
    this.#end({ code: 'LOGGED_OUT', text: text ?? 'logged out' });
  }

  async #farewell(text?: string): Promise<void> {
    // A save that fails has ended the connection already.
    await this.#outbound.put({ msgType: '5', ...(text === undefined ? {} : { text }) }).catch(() => {});
  }

  #putLogon(heartBtInt: number, reset: boolean): void {
    this.#put({ msgType: 'A', encryptMethod: '0', heartBtInt, ...(reset ? { resetSeqNumFlag: true } : {}) });
  }

  /** For messages that nobody waits for: a save that fails ends the connection through onFault. */
  #put(message: FixMessage): void {
    this.#outbound.put(message).catch(() => {});
  }

  #end(ending: Ending): void {
    this.#connection?.end(ending);
  }
}
