// What every server under test is asked: what memory it holds, what CPU it has used.
import { setTimeout as pause } from 'node:timers/promises';
import { answerQuestions, type Answers } from './answer-questions.ts';

/** Between two collections: finalizers and what native code frees later. */
const settleMs = 200;

export interface ServerReady {
  readonly port: number;
}

export interface Resident {
  readonly rssBytes: number;
  readonly heapBytes: number;
}

export function answerAsServer(port: number, more: Answers = {}): void {
  const ready: ServerReady = { port };
  answerQuestions(ready, {
    async memory(): Promise<Resident> {
      for (let collection = 0; collection < 3; collection += 1) {
        globalThis.gc?.();
        await pause(settleMs);
      }
      const { rss, heapUsed } = process.memoryUsage();
      return { rssBytes: rss, heapBytes: heapUsed };
    },
    cpu() {
      const { user, system } = process.cpuUsage();
      return { microseconds: user + system };
    },
    ...more,
  });
}
