// Requests at a constant rate, whether or not those before them were answered: who waits for answers would ask a slow
// gateway less often, and find it fast. Every answer is checked. Each request has an authorization of its own, so that
// no two of them can share an answer.
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';

/** More than are ever under way: at 200/s, with a deadline of a second, there are some 200. */
const mostConnections = 1_024;
/** A request that has no answer by then, far beyond its deadline, hangs. */
const hangsAfterMs = 10_000;
/** Of each kind of wrong answer one is kept to be read. */
const mostExampleCharacters = 200;

export interface Question {
  readonly name: string;
  readonly query: string;
  check(text: string): { readonly wrong: string | undefined; readonly codes: readonly string[] };
}

export interface LoadOptions {
  readonly url: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly deadlineMs: number;
  /** Asked in turn. */
  readonly questions: readonly Question[];
}

export interface Asked {
  readonly question: string;
  /** Milliseconds since the load began. */
  readonly dueAt: number;
  /** Since it was due: what a client sees who cannot know that the generator was late. */
  readonly latencyMs: number;
  /** Since it was sent: what the deadline is about. */
  readonly tookMs: number;
}

export interface LoadResult {
  readonly asked: readonly Asked[];
  /** By what is wrong: how often, and an example. */
  readonly wrong: ReadonlyMap<string, { count: number; readonly example: string }>;
  /** Codes of errors, each counted once an answer. */
  readonly codes: ReadonlyMap<string, number>;
  /** How late requests were sent, at most. */
  readonly mostLateMs: number;
}

let clients = 0;

export async function load({
  url,
  ratePerSecond,
  seconds,
  deadlineMs,
  questions,
}: LoadOptions): Promise<LoadResult> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, {
    connections: mostConnections,
    headersTimeout: hangsAfterMs,
    bodyTimeout: hangsAfterMs,
  });
  const bodies = questions.map(({ query }) => JSON.stringify({ query }));
  const asked: Asked[] = [];
  const wrong = new Map<string, { count: number; example: string }>();
  const codes = new Map<string, number>();
  let mostLateMs = 0;
  const beganAt = performance.now();

  async function ask(index: number, dueAt: number): Promise<void> {
    const turn = index % questions.length;
    const question = questions[turn];
    if (question === undefined) return;
    const sentAt = performance.now();
    mostLateMs = Math.max(mostLateMs, sentAt - dueAt);
    const text = await textOf(pool, pathname, bodies[turn] ?? '', deadlineMs);
    const endedAt = performance.now();
    asked.push({
      question: question.name,
      dueAt: dueAt - beganAt,
      latencyMs: endedAt - dueAt,
      tookMs: endedAt - sentAt,
    });
    const found = question.check(text);
    for (const code of new Set(found.codes)) codes.set(code, (codes.get(code) ?? 0) + 1);
    if (found.wrong === undefined) return;
    const key = `${question.name}: ${found.wrong}`;
    const known = wrong.get(key);
    if (known === undefined) wrong.set(key, { count: 1, example: text.slice(0, mostExampleCharacters) });
    else known.count += 1;
  }

  const underWay: Promise<void>[] = [];
  const total = Math.round(ratePerSecond * seconds);
  for (let index = 0; index < total; index += 1) {
    const dueAt = beganAt + (index * 1_000) / ratePerSecond;
    const waitMs = dueAt - performance.now();
    if (waitMs > 0) await pause(waitMs);
    underWay.push(ask(index, dueAt));
  }
  await Promise.all(underWay);
  await pool.close();
  return { asked, wrong, codes, mostLateMs };
}

/** By nearest rank, since each was due; NaN of none. */
export function percentileOf(asked: readonly Asked[], share: number): number {
  const sorted = asked.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
}

/** What the gateway says, or why it says nothing. */
async function textOf(pool: Pool, path: string, body: string, deadlineMs: number): Promise<string> {
  try {
    const response = await pool.request({
      path,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-deadline-ms': String(deadlineMs),
        authorization: `Bearer ${(clients += 1)}`,
      },
      body,
    });
    const text = await response.body.text();
    return response.statusCode === 200 ? text : `status ${response.statusCode}: ${text}`;
  } catch (fault) {
    return `not answered: ${String(fault)}`;
  }
}
