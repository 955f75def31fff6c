// Puts the exchange together: memory, FIX session, trading, quotes, ticks and the control port; starts and stops it.
import {
  FixSession,
  startAcceptor,
  type ApplicationMessage,
  type Clock,
  type SessionEvent,
} from '@simplebank/fix';
import type { ExchangeConfig } from './config.ts';
import { startControl } from './control.ts';
import { DataFolderLocked, lockDataFolder } from './data-lock.ts';
import { FaultSwitches } from './faults.ts';
import { instruments } from './instruments.ts';
import { MarketData } from './market-data.ts';
import { openMemory } from './memory.ts';
import { Trading } from './trading.ts';

const EXCHANGE_COMP_ID = 'SIMEX';
const CLIENT_COMP_ID = 'SIMPLEBANK';
/** Milliseconds to wait for an orphaned predecessor that still holds the folder or a port. */
const START_PATIENCE_MS = 5_000;
const START_RETRY_MS = 100;

export interface Exchange {
  readonly port: number;
  readonly controlPort: number;
  /** Logs out, makes everything durable and gives ports and folder back. */
  stop(): Promise<void>;
}

export interface ExchangeOptions {
  readonly config: ExchangeConfig;
  readonly clock: Clock;
  readonly log: (entry: Readonly<Record<string, unknown>>) => void;
  /** The disk failed; the process has to end, since it cannot keep what it would promise. */
  readonly onFault: (error: unknown) => void;
}

export async function startExchange({ config, clock, log, onFault }: ExchangeOptions): Promise<Exchange> {
  const giveBack = await patiently(clock, () => lockDataFolder(config.dataDir));
  const newIdPrefix = clock.now().toString(36).toUpperCase();
  const memory = await openMemory({ dataDir: config.dataDir, newIdPrefix, onFault });
  if (memory.tornBytes > 0) log({ event: 'journal-tail-cut', bytes: memory.tornBytes });
  const faults = new FaultSwitches(config.faults);
  const send = (message: ApplicationMessage): void => {
    session.send(message).catch(onFault);
  };
  const { seed, tickMs, still, liquidity } = config;
  const trading = new Trading({ memory, faults, clock, instruments, seed, tickMs, still, liquidity, send });
  const market = (symbol: string) => trading.market(symbol);
  const quotes = new MarketData({ clock, intervalMs: config.quoteIntervalMs, market, send });

  const session = await FixSession.open({
    role: 'acceptor',
    senderCompId: EXCHANGE_COMP_ID,
    targetCompId: CLIENT_COMP_ID,
    store: memory.sessionStore,
    clock,
    onMessage: async (message, { incomingSeq }) => {
      memory.recordIncoming(incomingSeq);
      if (message.msgType === 'D') trading.place(message);
      else if (message.msgType === 'F') trading.cancel(message);
      else if (message.msgType === 'H') trading.status(message);
      else if (message.msgType === 'V') quotes.request(message);
      else log({ event: 'unexpected-message', message });
      return 'committed';
    },
    onEvent: (event) => {
      if (event.kind === 'ended') quotes.clear();
      log(describe(event));
    },
  });
  const acceptor = await patiently(clock, () =>
    startAcceptor({
      host: config.host,
      port: config.port,
      session,
      wrap: (transport) => faults.line(transport, clock),
    }),
  );
  const control = await patiently(clock, () =>
    startControl({ port: config.controlPort, state: memory.state, faults }),
  );

  let cancelTick = (): void => {};
  const armTick = (): void => {
    cancelTick = clock.after(tickMs, () => {
      armTick();
      trading.tick();
      quotes.tick();
    });
  };
  armTick();
  return {
    port: acceptor.port,
    controlPort: control.port,
    async stop() {
      cancelTick();
      await Promise.all([acceptor.stop(), control.close()]);
      await memory.close();
      await giveBack();
    },
  };
}

function describe(event: SessionEvent): Record<string, unknown> {
  if (event.kind !== 'ended') return { event: event.kind, ...event };
  const { code, text, error } = event.end;
  return { event: 'ended', code, text, ...(error === undefined ? {} : { error: String(error) }) };
}

/** Tries again while a predecessor is still in the way; its end takes up to a second. */
async function patiently<T>(clock: Clock, attempt: () => Promise<T>): Promise<T> {
  const giveUpAt = clock.now() + START_PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const inTheWay =
        error instanceof DataFolderLocked || (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!inTheWay || clock.now() >= giveUpAt) throw error;
    }
    await new Promise<void>((resolve) => clock.after(START_RETRY_MS, resolve));
  }
}
