// What the bus contract needs of a transport besides the bus itself, and what is alike for all of them.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Bus } from './bus.ts';
import { openBus } from './bus-transports.ts';
import { silentLog } from './events.fixture.ts';

const workerProgram = fileURLToPath(new URL('./bus-worker.fixture.ts', import.meta.url));

/** One transport with nothing in it. */
export interface BusUnderTest extends AsyncDisposable {
  /** A bus as another process would open it; closed with the transport. */
  open(): Promise<Bus>;
  /** Cuts every connection to the transport's server, as its restart would. */
  dropConnections(): Promise<void>;
  /**
   * Starts a process that works in the group, reports each event by `onEvent` and handles it for ever, so that it
   * holds all it was given. Answers how to kill it.
   */
  startHangingWorker(work: { group: string; stream: string; onEvent: () => void }): Promise<{ kill(): void }>;
}

export interface BusServer extends AsyncDisposable {
  readonly url: string;
  dropConnections(): Promise<void>;
}

/** The server goes with the transport. */
export function busUnderTest({ url, dropConnections, ...server }: BusServer): BusUnderTest {
  const buses: Bus[] = [];
  const kills: (() => void)[] = [];
  return {
    async open() {
      const bus = await openBus({ url, log: silentLog });
      buses.push(bus);
      return bus;
    },
    dropConnections,
    async startHangingWorker({ group, stream, onEvent }) {
      const child = spawn(process.execPath, [workerProgram, url, group, stream], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      createInterface({ input: child.stdout }).on('line', onEvent);
      const kill = (): void => void child.kill('SIGKILL');
      kills.push(kill);
      return { kill };
    },
    async [Symbol.asyncDispose]() {
      for (const kill of kills) kill();
      await Promise.all(buses.map((bus) => bus.close()));
      await server[Symbol.asyncDispose]();
    },
  };
}
