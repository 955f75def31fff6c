// The two ways to put a session on TCP: an initiator that connects again and again until it is stopped, and an
// acceptor that listens.
import { systemClock, type Clock } from './clock.ts';
import type { FixSession } from './session.ts';
import { connectTcp, listenTcp, type Listener } from './tcp.ts';
import type { Transport } from './transport.ts';

/** Milliseconds before the first new attempt; short, because an exchange that restarts is back within a second. */
const FIRST_RECONNECT_MS = 50;
/** Milliseconds between attempts at most, so that a long absence ends soon after the peer is back. */
const MAX_RECONNECT_MS = 2_000;

export interface Initiator {
  /** Logs out, if logged on, and stays disconnected. */
  stop(): Promise<void>;
}

export interface InitiatorOptions {
  readonly host: string;
  readonly port: number;
  readonly session: FixSession;
  readonly clock?: Clock;
  /** An attempt failed before there was a connection; another one follows. */
  readonly onConnectFailed?: (error: unknown) => void;
}

export function startInitiator(options: InitiatorOptions): Initiator {
  const { session, clock = systemClock } = options;
  let stopped = false;
  let wake: () => void = () => {};
  const pause = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(delayMs, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });

  const keepConnected = async (): Promise<void> => {
    let delayMs = FIRST_RECONNECT_MS;
    while (!stopped) {
      const transport = await connectTcp(options).catch((error: unknown) => {
        options.onConnectFailed?.(error);
        return undefined;
      });
      if (stopped) transport?.close();
      else if (transport !== undefined && (await session.run(transport)).loggedOn) {
        delayMs = FIRST_RECONNECT_MS;
      }
      if (stopped) return;
      await pause(delayMs);
      delayMs = Math.min(delayMs * 2, MAX_RECONNECT_MS);
    }
  };
  const done = keepConnected();
  return {
    async stop() {
      stopped = true;
      wake();
      await session.logout();
      await done;
    },
  };
}

export interface AcceptorOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly session: FixSession;
  /** Wraps each new connection, as fault injection does. */
  readonly wrap?: (transport: Transport) => Transport;
}

export interface Acceptor {
  readonly port: number;
  /** Logs out, if logged on, and stops listening. */
  stop(): Promise<void>;
}

export async function startAcceptor({ host, port, session, wrap }: AcceptorOptions): Promise<Acceptor> {
  const listener: Listener = await listenTcp({ host, port }, (transport) => {
    void session.run(wrap === undefined ? transport : wrap(transport));
  });
  return {
    port: listener.port,
    async stop() {
      await session.logout();
      await listener.close();
    },
  };
}
