// The processes of this bench, seen from the one that runs it: each is asked one thing at a time.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Connecting thousands on a busy machine takes longest. */
const answerMs = 120_000;

export interface Child extends AsyncDisposable {
  ask<Answer>(question: object): Promise<Answer>;
}

/** `settings` reach the program as JSON. */
export async function startChild<Ready>(file: string, settings: object): Promise<Child & { ready: Ready }> {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(program, [JSON.stringify(settings)], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, NODE_ENV: 'production', NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${String(code)}`);
  });
  ended.catch(() => undefined);

  async function next<Answer>(): Promise<Answer> {
    const heard = once(child, 'message', { signal: AbortSignal.timeout(answerMs) });
    const [answer] = (await Promise.race([heard, ended])) as [Answer | { fault: string }];
    if (typeof answer === 'object' && answer !== null && 'fault' in answer) {
      throw new Error(`${file}: ${answer.fault}`);
    }
    return answer as Answer;
  }

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.disconnect();
    await ended.catch(() => undefined);
  }

  try {
    const ready = await next<Ready>();
    return {
      ready,
      ask<Answer>(question: object) {
        const answer = next<Answer>();
        child.send(question);
        return answer;
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}
