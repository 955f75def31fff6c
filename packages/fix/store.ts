// What a session must remember between connections: the next number in each direction and the messages that
// may have to be sent again. The owner implements it on what makes its own effects durable.

export interface StoredMessage {
  readonly seq: number;
  readonly message: string;
}

export interface SessionStore {
  /** Both are 1 for a session that has never exchanged a message. */
  load(): Promise<{ nextIncoming: number; nextOutgoing: number }>;
  /**
   * Called in order, before the message is sent; it leaves when the promise resolves. Several calls may be
   * under way at once, so that one fsync or transaction can serve many. `message` is undefined when it will
   * never be replayed: then only the number must not be used again. A store may therefore reserve numbers in
   * blocks and `load` the end of the block after a crash: the session fills the gap.
   */
  saveOutgoing(seq: number, message: string | undefined): Promise<void> | void;
  /** The messages that were saved with a text, from `from` to `to` inclusive, oldest first. */
  messages(from: number, to: number): Promise<readonly StoredMessage[]>;
  /**
   * All incoming messages up to `seq` are done. Not called for a message whose handler answered 'committed'.
   * It may be lazy: what it forgets is session traffic, or messages whose handler can take them twice, and
   * is asked for again at the next logon.
   */
  saveIncoming(seq: number): Promise<void> | void;
  /** Both numbers become 1 again and all messages are forgotten (ResetSeqNumFlag). */
  reset(): Promise<void> | void;
}

/** For tests, and for a session that starts anew with its process. */
export function memoryStore(): SessionStore {
  let nextIncoming = 1;
  let nextOutgoing = 1;
  let stored: StoredMessage[] = [];
  return {
    load: async () => ({ nextIncoming, nextOutgoing }),
    saveOutgoing(seq, message) {
      nextOutgoing = seq + 1;
      if (message !== undefined) stored.push({ seq, message });
    },
    messages: async (from, to) => stored.filter(({ seq }) => seq >= from && seq <= to),
    saveIncoming(seq) {
      nextIncoming = seq + 1;
    },
    reset() {
      nextIncoming = 1;
      nextOutgoing = 1;
      stored = [];
    },
  };
}
