// Starts and ends replicas of `replica.fixture.ts`; none outlives its test.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./replica.fixture.ts', import.meta.url));

export interface ChildReplica extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with the exit code when the process has ended. */
  readonly ended: Promise<number | null>;
}

export async function startChildReplica(
  given: { redisUrl?: string; drainMs?: number } = {},
): Promise<ChildReplica> {
  const child: ChildProcess = fork(program, [given.redisUrl ?? '', String(given.drainMs ?? 0)]);
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const first = await Promise.race([once(child, 'message'), ended]);
  if (!Array.isArray(first)) throw new Error(`a replica ended with ${first} before it listened`);
  const { url } = first[0] as { url: string };
  return {
    url,
    pid: child.pid ?? 0,
    signal: (signal) => void child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
