// Apollo's planner behind our seam: slower than the native one, but JavaScript, so that it runs everywhere, and it
// plans @defer. It works in a thread (apollo-worker.ts), one operation at a time; an operation that takes too long
// ends the thread, and the next one gets a new thread.
import { Worker } from 'node:worker_threads';
import { buildSchema, Kind, parse, visit, type GraphQLSchema } from 'graphql';
import type { QueryPlan } from '@apollo/query-planner';
import { fromApolloPlan } from './apollo-plan.ts';
import type { ApolloWorkerData, FromApolloWorker, ToApolloWorker } from './apollo-worker.ts';
import { PlanningFailed, SupergraphInvalid, type PlannableOperation, type Planner } from './planner.ts';

/** Megabytes: plans of hostile operations grow without end; the thread must end before the process does. */
const mostMemoryMb = 1024;

/** Operations: each waits for those before it, and its own time limit ends far earlier than so many are planned. */
const mostWaiting = 1_000;

interface Job {
  readonly message: ToApolloWorker;
  readonly signal: AbortSignal;
  readonly resolve: (plan: QueryPlan) => void;
  readonly reject: (reason: PlanningFailed) => void;
}

/** Throws SupergraphInvalid. */
export async function createApolloPlanner(supergraph: string): Promise<Planner> {
  const thread = new PlannerThread(supergraph);
  const apiSchema = await thread.load();
  const overrides = overridesOf(supergraph);
  return {
    name: 'apollo',
    apiSchema,
    overrides: {
      labels: overrides.flatMap(({ label, percentage }) => (percentage === undefined ? [label] : [])),
      percentages: overrides.flatMap(({ percentage }) => percentage ?? []),
    },
    async plan(operation, signal) {
      refuseReservedVariables(operation);
      return fromApolloPlan(
        await thread.plan({ text: operation.text, overrides: activeOverrides(overrides, operation) }, signal),
      );
    },
    close: () => thread.close(),
  };
}

class PlannerThread {
  readonly #supergraph: string;
  readonly #waiting: Job[] = [];
  #current: Job | undefined;
  #worker: Worker | undefined;
  #isReady = false;
  #isClosed = false;
  #loading: { resolve: (schema: GraphQLSchema) => void; reject: (reason: Error) => void } | undefined;

  constructor(supergraph: string) {
    this.#supergraph = supergraph;
  }

  load(): Promise<GraphQLSchema> {
    const { promise, resolve, reject } = Promise.withResolvers<GraphQLSchema>();
    this.#loading = { resolve, reject };
    this.#start();
    return promise;
  }

  plan(message: ToApolloWorker, signal: AbortSignal): Promise<QueryPlan> {
    if (this.#isClosed) return Promise.reject(new PlanningFailed('The planner has been closed.'));
    if (signal.aborted) return Promise.reject(tooSlow());
    if (this.#waiting.length >= mostWaiting) {
      return Promise.reject(new PlanningFailed('Too many operations wait to be planned.'));
    }
    const { promise, resolve, reject } = Promise.withResolvers<QueryPlan>();
    const job: Job = { message, signal, resolve, reject };
    const onAbort = () => this.#giveUp(job);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push(job);
    this.#next();
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = new PlanningFailed('The planner has been closed.');
    for (const job of this.#waiting.splice(0)) job.reject(closed);
    this.#current?.reject(closed);
    this.#current = undefined;
    this.#loading?.reject(closed);
    await this.#end();
  }

  #start(): void {
    const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
    const workerData: ApolloWorkerData = { supergraph: this.#supergraph };
    const worker = new Worker(new URL(`./apollo-worker${extension}`, import.meta.url), {
      name: 'apollo-planner',
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: mostMemoryMb },
    });
    this.#worker = worker;
    worker.on('message', (answer: FromApolloWorker) => this.#receive(worker, answer));
    worker.on('error', (cause: unknown) => this.#ended(worker, cause));
    worker.on('exit', () => this.#ended(worker, undefined));
  }

  #receive(worker: Worker, answer: FromApolloWorker): void {
    if (worker !== this.#worker) return;
    switch (answer.kind) {
      case 'loaded':
        this.#isReady = true;
        this.#loading?.resolve(buildSchema(answer.apiSchema, { assumeValidSDL: true, noLocation: true }));
        this.#loading = undefined;
        break;
      case 'refused':
        this.#loading?.reject(
          new SupergraphInvalid(`The supergraph cannot be planned with: ${answer.reason}`),
        );
        this.#loading = undefined;
        void this.close();
        return;
      case 'planned':
        this.#current?.resolve(answer.plan);
        this.#current = undefined;
        break;
      case 'failed':
        this.#current?.reject(new PlanningFailed(answer.reason));
        this.#current = undefined;
        break;
      default:
        answer satisfies never;
    }
    this.#next();
  }

  /** An idle thread keeps no process alive. */
  #next(): void {
    if (this.#current !== undefined || this.#isClosed) return;
    if (this.#worker === undefined && this.#waiting.length > 0) this.#start();
    if (this.#waiting.length > 0) this.#worker?.ref();
    else this.#worker?.unref();
    if (!this.#isReady) return;
    this.#current = this.#waiting.shift();
    if (this.#current !== undefined) this.#worker?.postMessage(this.#current.message);
  }

  #giveUp(job: Job): void {
    job.reject(tooSlow());
    const index = this.#waiting.indexOf(job);
    if (index >= 0) this.#waiting.splice(index, 1);
    if (job !== this.#current) return;
    this.#current = undefined;
    void this.#end();
    this.#next();
  }

  /** Not by us: it ran out of memory, or there is a bug in it. */
  #ended(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker) return;
    const ended = new PlanningFailed('The planner ended while it planned this operation.', { cause });
    this.#loading?.reject(
      new SupergraphInvalid('The planner ended while it loaded the supergraph.', { cause }),
    );
    this.#loading = undefined;
    this.#current?.reject(ended);
    this.#current = undefined;
    // A thread that ends before it has planned anything would end again and again.
    if (!this.#isReady) for (const job of this.#waiting.splice(0)) job.reject(ended);
    this.#worker = undefined;
    this.#isReady = false;
    this.#next();
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#isReady = false;
    await worker?.terminate();
  }
}

function tooSlow(): PlanningFailed {
  return new PlanningFailed('Planning the operation took too long.');
}

/** Apollo's planner names its own variable so, and would declare it twice. */
function refuseReservedVariables({ text }: PlannableOperation): void {
  if (/\$representations\b/.test(text)) {
    throw new PlanningFailed('The variable name "representations" is taken by federation itself.');
  }
}

const percentLabel = /^percent\((\d+(?:\.\d+)?)\)$/;

interface Override {
  readonly label: string;
  /** Undefined for a label that is on or off as a whole. */
  readonly percentage: number | undefined;
}

function overridesOf(supergraph: string): Override[] {
  const labels = new Set<string>();
  visit(parse(supergraph, { noLocation: true }), {
    Directive({ name, arguments: given = [] }) {
      if (name.value !== 'join__field') return;
      const value = given.find((argument) => argument.name.value === 'overrideLabel')?.value;
      if (value?.kind === Kind.STRING) labels.add(value.value);
    },
  });
  return [...labels].map((label) => {
    const percentage = percentLabel.exec(label)?.[1];
    return { label, percentage: percentage === undefined ? undefined : Number(percentage) };
  });
}

/** `percent(40)` is on for requests whose percentage is below 40, as in the native planner. */
function activeOverrides(
  overrides: readonly Override[],
  { overrideLabels, overridePercentage }: PlannableOperation,
): Map<string, boolean> {
  return new Map(
    overrides.map(({ label, percentage }) => [
      label,
      percentage === undefined ? overrideLabels.has(label) : overridePercentage < percentage,
    ]),
  );
}
