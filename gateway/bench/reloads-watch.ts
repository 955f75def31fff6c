// What a reload costs whom: requests under way and those that come meanwhile, memory, processes of the planner. The
// bench prints it, the test asserts it.
import { setTimeout as pause } from 'node:timers/promises';
import { questionsWhile } from './faults-expected.ts';
import { load, type Asked, type LoadResult, type Question } from './faults-load.ts';
import { becomesTrue, childrenOf, socketsOf, type MemoryLeft, type Stand } from './faults-stand.ts';

const isLive = 'a new supergraph is live';
/** After a supergraph has gone live the code of its plans is still cold, and the old one is freed. */
const aftermathMs = 500;
/** The live one, and one whose process waits for the next supergraph. */
export const mostPlanners = 2;
/** A planner of an old generation ends once its last request has. */
const endsMs = 10_000;

/** Settings of a gateway that is to notice a new supergraph soon. */
export const reloadConfig = { supergraphPollMs: 50 };

/** Asked once, so that a reload has something to warm. */
export async function knowDocuments(url: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const query = `{ products { upc a${index}: name inStock price { amount } } rates { euro } }`;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    const text = await response.text();
    if (text.includes('errors')) throw new Error(`a document was not answered: ${text}`);
  }
}

export interface ReloadWindow {
  /** On the clock of the load. */
  readonly from: number;
  readonly to: number;
  /** From the moment at which the file was replaced until the supergraph was live. */
  readonly durationMs: number;
}

export interface ReloadsUnderLoad {
  readonly result: LoadResult;
  readonly windows: readonly ReloadWindow[];
}

export interface ReloadLoad {
  readonly ratePerSecond: number;
  readonly reloads: number;
  readonly everyMs: number;
  readonly deadlineMs: number;
}

/** A reload each so many milliseconds, between the two supergraphs in turn, while requests come. */
export async function reloadUnderLoad(stand: Stand, options: ReloadLoad): Promise<ReloadsUnderLoad> {
  const { ratePerSecond, reloads, everyMs, deadlineMs } = options;
  const windows: ReloadWindow[] = [];
  const seconds = ((reloads + 1) * everyMs) / 1_000;
  const startedAt = performance.now();
  const running = load({
    url: stand.url,
    ratePerSecond,
    seconds,
    deadlineMs,
    questions: questionsWhile('nothing wrong'),
  });
  for (let index = 0; index < reloads; index += 1) {
    await pause(Math.max(0, startedAt + (index + 1) * everyMs - performance.now()));
    const from = performance.now() - startedAt;
    const durationMs = await reload(stand, index);
    windows.push({ from, to: from + durationMs + aftermathMs, durationMs });
  }
  return { result: await running, windows };
}

/** Resolves when it is live, with how long that took. */
export async function reload(stand: Stand, index: number): Promise<number> {
  const startedAt = performance.now();
  const live = stand.logged(isLive);
  // The comment makes a text of its own of each, also where two reloads in a row take the same one.
  const text = stand.supergraphs[index % 2 === 0 ? 1 : 0];
  await stand.writeSupergraph(`${text}\n# ${index}\n`);
  await live;
  return performance.now() - startedAt;
}

export interface Held {
  readonly reloads: number;
  readonly memory: MemoryLeft;
  readonly sockets: number;
  readonly planners: number;
}

/** What the gateway holds after so many reloads, at each step. */
export async function reloadAtRest(stand: Stand, reloads: number, step: number): Promise<Held[]> {
  const all: Held[] = [];
  for (let index = 0; index < reloads; index += 1) {
    await reload(stand, index);
    if ((index + 1) % step === 0) all.push(await heldBy(stand, index + 1));
  }
  return all;
}

async function heldBy(stand: Stand, reloads: number): Promise<Held> {
  await becomesTrue(() => childrenOf(stand.pid).length <= mostPlanners, endsMs);
  return {
    reloads,
    memory: await stand.memory(),
    sockets: socketsOf(stand.pid),
    planners: childrenOf(stand.pid).length,
  };
}

/** Requests that were due while a supergraph was being replaced. */
export function during({ result, windows }: ReloadsUnderLoad): Asked[] {
  return result.asked.filter(({ dueAt }) => windows.some(({ from, to }) => dueAt >= from && dueAt <= to));
}

/** A question that only the later supergraph understands, to see which one is live. */
export const onlyLater: Question = {
  name: 'a field that only the later supergraph knows',
  query: '{ products { note } }',
  check: (text) => ({ wrong: text.includes('"note":"note on p0"') ? undefined : 'no note', codes: [] }),
};
