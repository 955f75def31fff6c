// One fault under load: a run without it right before, then the run with it, then quiet. What is found wrong is told in
// sentences, so that the bench prints and the test asserts the same.
import { expectedOf, questionsWhile, untouched, type Expected, type FaultName } from './faults-expected.ts';
import { load, percentileOf, type LoadResult } from './faults-load.ts';
import { becomesTrue, socketsOf, type MemoryLeft, type Stand } from './faults-stand.ts';

/** The breaker lets one request try again each second; a probe that was under way may still run into its deadline. */
const recoversMs = 6_000;
/** The transport closes idle connections after 4 s, and looks each second. */
const socketsGoMs = 8_000;
/** Bytes: heap that is not a leak, as compiled code, caches of headers, inline caches. */
const mostHeapGrowth = 8 * 1024 * 1024;
/** Buffers that were let go may be returned to the system a little later. */
const memoryGoesMs = 10_000;
/** How far the healthy fields' p99 may rise. */
export const mostSlower = 2;

export interface WatchOptions {
  readonly fault: FaultName;
  readonly ratePerSecond: number;
  /** With the fault; as long without it where that is compared. */
  readonly seconds: number;
  readonly deadlineMs: number;
  /** Past the deadline, for the way to the client and a machine that does something else at that moment. */
  readonly slackMs: number;
  /**
   * Takes turns: a part of the time without the fault, a part with it, and again. What else the machine does then
   * falls on both. Absent: only with it.
   */
  readonly turns?: number;
}

export interface Watched {
  readonly fault: FaultName;
  readonly requests: number;
  readonly codes: ReadonlyMap<string, number>;
  readonly longestMs: number;
  /** How late the generator sent a request, at most: how busy the machine was with other things. */
  readonly mostLateMs: number;
  /** Of the untouched fields. */
  readonly p99Ms: number;
  /** The same without the fault; NaN when it was not measured. */
  readonly p99WithoutMs: number;
  /** Every second turn without the fault against the others: what they differ by is noise. */
  readonly control: { readonly oneMs: number; readonly otherMs: number };
  readonly sockets: { readonly before: number; readonly after: number };
  readonly memory: { readonly before: MemoryLeft; readonly after: MemoryLeft };
  /** How long the touched fields stayed wrong once the fault was over, at most. */
  readonly recoveredInMs: number;
  /** Everything that is not as it must be, but for the p99. */
  readonly failures: readonly string[];
}

interface Turns {
  readonly without: LoadResult[];
  readonly during: LoadResult[];
  recoveredInMs: number;
}

export async function watchFault(stand: Stand, options: WatchOptions): Promise<Watched> {
  const { fault, deadlineMs, slackMs } = options;
  const socketsBefore = socketsOf(stand.pid);
  const memoryBefore = await stand.memory();
  const { without, during, recoveredInMs } = await takeTurns(stand, options);
  await becomesTrue(() => socketsOf(stand.pid) <= socketsBefore, socketsGoMs);
  const socketsAfter = socketsOf(stand.pid);
  const memoryAfter = await quietMemory(stand, memoryBefore);
  const longestMs = Math.max(...during.flatMap(({ asked }) => asked.map(({ tookMs }) => tookMs)));
  return {
    fault,
    requests: during.reduce((sum, { asked }) => sum + asked.length, 0),
    codes: codesOf(during),
    longestMs,
    mostLateMs: Math.max(...during.map(({ mostLateMs }) => mostLateMs)),
    p99Ms: p99Of(during),
    p99WithoutMs: p99Of(without),
    control: {
      oneMs: p99Of(without.filter((_, turn) => turn % 2 === 0)),
      otherMs: p99Of(without.filter((_, turn) => turn % 2 === 1)),
    },
    sockets: { before: socketsBefore, after: socketsAfter },
    memory: { before: memoryBefore, after: memoryAfter },
    recoveredInMs,
    failures: [
      ...wrongAnswers('without the fault', without),
      ...wrongAnswers('with the fault', during),
      ...missingCodes(fault, during),
      ...(longestMs > deadlineMs + slackMs ? [`a request took ${Math.round(longestMs)} ms`] : []),
      ...(recoveredInMs === Infinity ? ['its fields stayed wrong after the fault'] : []),
      ...(socketsAfter > socketsBefore ? [`${socketsAfter - socketsBefore} sockets are left`] : []),
      ...heapGrowth(memoryBefore, memoryAfter),
      ...stand.errorLines.map((line) => `logged: ${line}`),
    ],
  };
}

async function takeTurns(stand: Stand, options: WatchOptions): Promise<Turns> {
  const { fault, ratePerSecond, deadlineMs, turns: count } = options;
  const seconds = options.seconds / (count ?? 1);
  const run = (what: FaultName | 'nothing wrong') =>
    load({ url: stand.url, ratePerSecond, seconds, deadlineMs, questions: questionsWhile(what) });
  const turns: Turns = { without: [], during: [], recoveredInMs: 0 };
  for (let turn = 0; turn < (count ?? 1); turn += 1) {
    if (count !== undefined) turns.without.push(await run('nothing wrong'));
    await stand.subgraphDoes(fault);
    turns.during.push(await run(fault));
    await stand.subgraphDoes('nothing wrong');
    turns.recoveredInMs = Math.max(turns.recoveredInMs, await recover(stand, deadlineMs));
  }
  return turns;
}

function codesOf(results: readonly LoadResult[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const { codes } of results) {
    for (const [code, count] of codes) all.set(code, (all.get(code) ?? 0) + count);
  }
  return all;
}

/** Those that are wrong in the same way are one line. */
function wrongAnswers(when: string, results: readonly LoadResult[]): string[] {
  const all = new Map<string, { count: number; example: string }>();
  for (const [what, { count, example }] of results.flatMap(({ wrong }) => [...wrong])) {
    all.set(what, { count: count + (all.get(what)?.count ?? 0), example });
  }
  return [...all].map(([what, { count, example }]) => `${when}: ${count} × ${what}, as ${example}`);
}

function missingCodes(fault: FaultName, results: readonly LoadResult[]): string[] {
  const expected: Expected = expectedOf[fault];
  const codes = codesOf(results);
  return expected.codes.filter((code) => !codes.has(code)).map((code) => `no answer had the code ${code}`);
}

function heapGrowth(before: MemoryLeft, after: MemoryLeft): string[] {
  const grown = after.heapUsed + after.external - before.heapUsed - before.external;
  return grown > mostHeapGrowth ? [`${megabytes(grown)} MB more are in use`] : [];
}

/** Until an answer is right again. */
async function recover({ url }: Stand, deadlineMs: number): Promise<number> {
  const startedAt = performance.now();
  const questions = questionsWhile('nothing wrong').slice(0, 1);
  const isRight = async () => {
    // One request.
    const { wrong } = await load({ url, ratePerSecond: 1, seconds: 1, deadlineMs, questions });
    return wrong.size === 0;
  };
  return (await becomesTrue(isRight, recoversMs)) ? performance.now() - startedAt : Infinity;
}

async function quietMemory(stand: Stand, before: MemoryLeft): Promise<MemoryLeft> {
  let left = await stand.memory();
  await becomesTrue(async () => {
    left = await stand.memory();
    return heapGrowth(before, left).length === 0;
  }, memoryGoesMs);
  return left;
}

/** Of the untouched fields. */
function p99Of(results: readonly LoadResult[]): number {
  const asked = results.flatMap((result) => result.asked);
  return percentileOf(
    asked.filter(({ question }) => question === untouched),
    0.99,
  );
}

export function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
