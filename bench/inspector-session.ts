// Profiles another Node process through its inspector: only the seconds that matter, not its start.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { CpuProfile } from './cpu-profile.ts';

/** Twice as fine as usual: an order's parts take fractions of a millisecond. */
export const samplingIntervalMicroseconds = 500;
/** A profile of a minute is some ten megabytes. */
const largestAnswerBytes = 512 * 1024 * 1024;
const answerWithinMs = 60_000;

const answerSchema = z.object({
  id: z.number(),
  result: z.looseObject({}).optional(),
  error: z.object({ message: z.string() }).optional(),
});

/** The inspector's address in a line that Node prints at its start. */
export function inspectorUrlIn(line: string): string | undefined {
  return /^Debugger listening on (ws:\/\/\S+)$/.exec(line)?.[1];
}

export interface Profiler extends Disposable {
  start(): Promise<void>;
  stop(): Promise<CpuProfile>;
}

export async function openProfiler(inspectorUrl: string): Promise<Profiler> {
  const socket = new WebSocket(inspectorUrl, { perMessageDeflate: false, maxPayload: largestAnswerBytes });
  await once(socket, 'open');
  let lastId = 0;
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  socket.on('message', (data: Buffer) => {
    const answer = answerSchema.safeParse(JSON.parse(data.toString()));
    if (!answer.success) return; // A notification.
    const { id, result, error } = answer.data;
    if (error === undefined) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(`the inspector: ${error.message}`));
    waiting.delete(id);
  });

  async function ask(method: string, params: object = {}): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    const id = ++lastId;
    waiting.set(id, answer);
    const timer = setTimeout(() => answer.reject(new Error(`${method} took too long`)), answerWithinMs);
    socket.send(JSON.stringify({ id, method, params }));
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  await ask('Profiler.enable');
  await ask('Profiler.setSamplingInterval', { interval: samplingIntervalMicroseconds });
  return {
    async start() {
      await ask('Profiler.start');
    },
    async stop() {
      return ((await ask('Profiler.stop')) as { profile: CpuProfile }).profile;
    },
    [Symbol.dispose]: () => socket.close(),
  };
}
