// A service in a process of its own, for tests that kill one replica and watch the others. It is the service's real
// start; what the launcher of the bank would tell it comes from the test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ServiceProcessWiring } from './service-process-main.ts';
import type { LogLine } from './test-host.ts';

export interface ServiceProcessOptions extends Omit<ServiceProcessWiring, 'main'> {
  /** The module whose `start` brings the service up. */
  readonly main: URL;
}

/** Killed at its end, also when the test failed. */
export interface ServiceProcess extends AsyncDisposable {
  /** Base URL it listens on. */
  readonly url: string;
  readonly logs: readonly LogLine[];
  /** SIGKILL: resolves when the process is gone. */
  kill(): Promise<void>;
}

const program = fileURLToPath(new URL('./service-process-main.ts', import.meta.url));

/** Resolves when the service listens; rejects with what it wrote when it ended before. */
export async function startServiceProcess({ main, ...rest }: ServiceProcessOptions): Promise<ServiceProcess> {
  const wiring: ServiceProcessWiring = { ...rest, main: main.href };
  // It ends with its standard input, so that it does not outlive a test process that was killed.
  const child = spawn(process.execPath, [program, JSON.stringify(wiring)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const errors: string[] = [];
  child.stderr.on('data', (text: Buffer) => errors.push(String(text)));
  const logs: LogLine[] = [];
  const listening = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const read = JSON.parse(line) as LogLine;
    logs.push(read);
    if (read['msg'] === 'listening' && typeof read['url'] === 'string') listening.resolve(read['url']);
  });
  void exited.then(() => listening.reject(new Error(`${rest.service} did not start: ${errors.join('')}`)));
  const url = await listening.promise;
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { url, logs, kill, [Symbol.asyncDispose]: kill };
}
