// The bench's side of the load generator's process: starts it, has it run, ends it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromLoad, LoadOrder, LoadResult, LoadTarget, ToLoad } from './load-messages.ts';

const program = fileURLToPath(new URL('./load-process.ts', import.meta.url));
/** Beyond the run itself: signing in, and what is on its way at its end. */
const graceMs = 60_000;

export interface LoadGenerator extends AsyncDisposable {
  readonly pid: number;
  run(order: LoadOrder): Promise<LoadResult>;
}

export async function startLoadGenerator(target: LoadTarget): Promise<LoadGenerator> {
  const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
  const { pid } = child;
  const ended = once(child, 'exit');
  // Waited for only when it is asked something; its end by itself in between is told then.
  ended.catch(() => undefined);

  async function ask(message: ToLoad, withinMs: number): Promise<FromLoad> {
    const signal = AbortSignal.timeout(withinMs);
    const answer = once(child, 'message', { signal }) as Promise<[FromLoad]>;
    child.send(message);
    const late = () => Promise.reject(new Error(`the load generator did not answer in ${withinMs} ms`));
    const [said] = await Promise.race([
      answer.catch(late),
      ended.then(([code]) => {
        throw new Error(`the load generator ended with ${String(code)}`);
      }),
    ]);
    if (said.kind === 'fault') throw new Error(`the load generator failed: ${said.message}`);
    return said;
  }

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.disconnect();
    await ended;
  }

  try {
    await ask({ kind: 'target', target }, graceMs);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  if (pid === undefined) throw new Error('the load generator did not start');
  return {
    pid,
    async run(order) {
      const said = await ask({ kind: 'run', order }, order.seconds * 1_000 + graceMs);
      if (said.kind !== 'done') throw new Error(`the load generator said ${said.kind}`);
      return said.result;
    },
    [Symbol.asyncDispose]: stop,
  };
}
