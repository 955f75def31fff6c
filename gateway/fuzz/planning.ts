// Both planners, each in a process or thread of its own for the whole run, which loads one supergraph after another: the
// engine's own adapters start one for each, and that would take longer than all of its operations. What a planner cannot
// plan ends its process, or never ends at all; then it is killed and the next operation gets a new one.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { GraphQLSchema } from 'graphql';
import type { QueryPlan as ApolloPlan } from '@apollo/query-planner';
import type { QueryPlan as NativePlan } from '@graphql-hive/router-query-planner';
import { fromApolloPlan } from '../planner/apollo-plan.ts';
import { fromNativePlan } from '../planner/native-plan.ts';
import type { Plan } from '../planner/plan.ts';
import { PlanningFailed, SupergraphInvalid, type Planner } from '../planner/planner.ts';

export type PlannerName = 'native' | 'apollo';

/** The messages of planner/native-process.ts, which apollo-thread.ts speaks too. */
export type Question =
  | { readonly kind: 'load'; readonly supergraph: string }
  | {
      readonly kind: 'plan';
      readonly id: number;
      readonly text: string;
      readonly labels: readonly string[];
      readonly percentage: number;
    };

export type Reply =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'planned'; readonly id: number; readonly plan: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };

interface Side {
  ask(question: Question): void;
  kill(): void;
}

interface Events {
  replied(reply: Reply): void;
  ended(): void;
}

/** Milliseconds, a hundred times what most take: some operations plan for ever, and the fuzzer has others. */
const mostPlanMs = 1_500;
/** Milliseconds, with the start of a process or thread on a machine under load. */
const mostLoadMs = 20_000;

/** Megabytes of Apollo's thread: its plans of some operations grow without end. */
const mostMemoryMb = 1_024;

export class Planning {
  readonly native = new PlannerSide('native', startNative, (plan) => fromNativePlan(plan as NativePlan));
  readonly apollo = new PlannerSide('apollo', startApollo, (plan) => fromApolloPlan(plan as ApolloPlan));

  close(): void {
    this.native.close();
    this.apollo.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

class PlannerSide {
  readonly #name: PlannerName;
  readonly #start: (events: Events) => Side;
  readonly #convert: (plan: unknown) => Plan;
  #side: Side | undefined;
  #loaded: string | undefined;
  #waiting: ((reply: Reply | undefined) => void) | undefined;
  #count = 0;

  constructor(name: PlannerName, start: (events: Events) => Side, convert: (plan: unknown) => Plan) {
    this.#name = name;
    this.#start = start;
    this.#convert = convert;
  }

  /** Throws SupergraphInvalid. */
  async plannerFor(supergraph: string, apiSchema: GraphQLSchema): Promise<Planner> {
    await this.#load(supergraph);
    return {
      name: this.#name,
      apiSchema,
      overrides: { labels: [], percentages: [] },
      // Not by the caller's signal: it may have fired while a new process was started for the last one's sake.
      plan: async ({ text }) => {
        await this.#load(supergraph);
        const startedAt = performance.now();
        this.#count += 1;
        const reply = await this.#ask(
          { kind: 'plan', id: this.#count, text, labels: [], percentage: 0 },
          mostPlanMs,
        );
        if (reply?.kind === 'planned') return this.#convert(reply.plan);
        const isLate = performance.now() - startedAt >= mostPlanMs;
        const ending = isLate ? 'it took too long' : 'it ended its process';
        throw new PlanningFailed(reply?.kind === 'failed' ? reply.reason : ending);
      },
      close: async () => undefined,
    };
  }

  close(): void {
    const side = this.#side;
    this.#side = undefined;
    this.#loaded = undefined;
    side?.kill();
  }

  async #load(supergraph: string): Promise<void> {
    if (this.#loaded === supergraph) return;
    const reply = await this.#ask({ kind: 'load', supergraph }, mostLoadMs);
    this.#loaded = reply?.kind === 'loaded' ? supergraph : undefined;
    if (reply?.kind === 'loaded') return;
    throw new SupergraphInvalid(reply?.kind === 'refused' ? reply.reason : 'it ended its process');
  }

  /** One question at a time. Undefined: it ended, by itself or since it took too long. */
  async #ask(question: Question, mostMs: number): Promise<Reply | undefined> {
    const side = (this.#side ??= this.#open());
    const { promise, resolve } = Promise.withResolvers<Reply | undefined>();
    this.#waiting = resolve;
    const timer = setTimeout(() => side.kill(), mostMs);
    side.ask(question);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #open(): Side {
    const side = this.#start({
      replied: (reply) => this.#settle(reply),
      ended: () => {
        if (this.#side !== side) return;
        this.#side = undefined;
        this.#loaded = undefined;
        this.#settle(undefined);
      },
    });
    return side;
  }

  #settle(reply: Reply | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(reply);
  }
}

function startNative({ replied, ended }: Events): Side {
  const file = fileURLToPath(new URL('../planner/native-process.ts', import.meta.url));
  const child = fork(file, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  child.on('message', (reply: Reply) => replied(reply));
  child.on('exit', ended);
  return {
    // What cannot be sent is told by the exit that follows.
    ask: (question) => void child.send(question, () => undefined),
    kill: () => void child.kill('SIGKILL'),
  };
}

function startApollo({ replied, ended }: Events): Side {
  const worker = new Worker(new URL('./apollo-thread.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: mostMemoryMb },
  });
  worker.on('message', (reply: Reply) => replied(reply));
  // Out of memory; the exit follows.
  worker.on('error', () => undefined);
  worker.on('exit', ended);
  const port: Pick<Worker, 'postMessage'> = worker;
  return { ask: (question) => port.postMessage(question), kill: () => void worker.terminate() };
}
