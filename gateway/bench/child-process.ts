// A process of the bench: asks and answers one at a time, and ends with the run.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One that has not ended by then is killed. */
const stopMs = 10_000;

export interface BenchProcess<Message> extends AsyncDisposable {
  readonly child: ChildProcess;
  /** The next message; rejects when the process ends or is silent for so long. */
  next(withinMs: number): Promise<Message>;
  ask(question: unknown, withinMs: number): Promise<Message>;
}

export function followProcess<Message>(child: ChildProcess, name: string): BenchProcess<Message> {
  async function next(withinMs: number): Promise<Message> {
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), withinMs);
    try {
      const { signal } = over;
      const message = once(child, 'message', { signal }).then(([first]) => first as Message);
      const end = once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`${name} ended with ${String(code)}`);
      });
      end.catch(() => undefined);
      return await Promise.race([message, end]);
    } catch (cause) {
      throw new Error(`${name} said nothing: ${String(cause)}`, { cause });
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  }
  return {
    child,
    next,
    ask(question, withinMs) {
      const answer = next(withinMs);
      child.send(question as string);
      return answer;
    },
    [Symbol.asyncDispose]: () => endProcess(child),
  };
}

/** One of the bench's own programs. */
export function startProgram<Message>(file: string, args: readonly string[]): BenchProcess<Message> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [...args], { execArgv: [] });
  return followProcess(child, file);
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await ended;
  clearTimeout(timer);
}
