// The planner of Hive Router (Rust, MIT) as a Node addon: the fastest to plan and the most conformant. It runs in a
// process of its own (native-process.ts), since some operations make it end its process. It ignores @defer in silence,
// so deferred operations are refused here.
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { buildASTSchema, Kind, parse, type GraphQLSchema } from 'graphql';
import { fromNativePlan } from './native-plan.ts';
import type { FromNativeProcess, NativePlanRequest, ToNativeProcess } from './native-process.ts';
import type { Plan } from './plan.ts';
import { PlanningFailed, SupergraphInvalid, type Planner } from './planner.ts';
import { endPlanner, forkPlanner, type PlannerProcesses } from './planner-processes.ts';

/** Loading takes milliseconds, starting a process a tenth of a second; a machine under load may take far longer. */
const loadTimeoutMs = 20_000;
/** Operations: as many as libuv has threads for. More would wait in there, where one that hangs takes them along. */
const mostSent = 4;
/** For what was sent and ran out of time: it may have been sent just before. A plan takes milliseconds. */
const graceMs = 500;
/** Operations that wait for a plan; each has a time limit that ends long before so many are planned. */
const mostWaiting = 1_000;

/** Whether this platform has a binary; where it has none, Apollo's planner serves. */
export function hasNativePlanner(): boolean {
  try {
    createRequire(import.meta.url)('@graphql-hive/router-query-planner');
    return true;
  } catch {
    return false;
  }
}

/** Throws SupergraphInvalid. `processes`: where its process comes from and is left; it forks one of its own without. */
export async function createNativePlanner(
  supergraph: string,
  processes?: PlannerProcesses,
): Promise<Planner> {
  const planning = new NativePlanning(supergraph, processes);
  const loaded = await planning.start();
  return {
    name: 'native',
    apiSchema: readConsumerSchema(loaded.consumerSchema),
    overrides: { labels: loaded.labels, percentages: loaded.percentages },
    async plan({ text, isDeferred, overrideLabels, overridePercentage }, signal) {
      if (isDeferred) throw new PlanningFailed('The native planner does not plan @defer.');
      return planning.plan({ text, labels: [...overrideLabels], percentage: overridePercentage }, signal);
    },
    close: async () => planning.close(),
  };
}

interface Job {
  readonly request: NativePlanRequest;
  readonly resolve: (plan: Plan) => void;
  readonly reject: (reason: PlanningFailed) => void;
  /** The process that runs now has got it. */
  isSent: boolean;
  /** It was one of several under way when a process ended: it is sent alone now, so that the next end names it. */
  isSuspect: boolean;
}

type Loaded = Extract<FromNativeProcess, { kind: 'loaded' }>;

class NativePlanning {
  readonly #supergraph: string;
  readonly #processes: PlannerProcesses | undefined;
  readonly #jobs = new Map<number, Job>();
  /** Sent, and nobody waits for them any more: they still take a thread each. */
  readonly #givenUp = new Set<number>();
  #child: ChildProcess | undefined;
  #isReady = false;
  #isClosed = false;
  #count = 0;

  constructor(supergraph: string, processes: PlannerProcesses | undefined) {
    this.#supergraph = supergraph;
    this.#processes = processes;
  }

  /** Rejects with SupergraphInvalid. */
  start(): Promise<Loaded> {
    const child = this.#processes?.take() ?? forkPlanner();
    this.#child = child;
    this.#isReady = false;
    this.#hold(true);
    return new Promise((resolve, reject) => {
      // After one more look at what has come: a busy process may read the message later than its timer.
      const late = () => setImmediate(() => this.#isReady || child.kill('SIGKILL'));
      const timer = setTimeout(late, loadTimeoutMs);
      child.on('message', (message: FromNativeProcess) => {
        if (message.kind === 'loaded') {
          clearTimeout(timer);
          this.#isReady = true;
          this.#hold(this.#jobs.size > 0);
          this.#sendWaiting();
          resolve(message);
        } else if (message.kind === 'refused') {
          this.close();
          reject(new SupergraphInvalid(`The supergraph cannot be planned with: ${message.reason}`));
        } else this.#answer(message);
      });
      child.on('error', () => undefined); // `exit` follows, or the send that failed is told
      child.on('exit', () => {
        clearTimeout(timer);
        reject(
          new SupergraphInvalid('The supergraph cannot be planned with: the planner ended while reading it.'),
        );
        if (this.#child === child) this.#ended();
      });
      this.#send({ kind: 'load', supergraph: this.#supergraph });
    });
  }

  plan(operation: Omit<NativePlanRequest, 'id'>, signal: AbortSignal): Promise<Plan> {
    if (this.#isClosed) return Promise.reject(new PlanningFailed('The planner has been closed.'));
    if (signal.aborted) return Promise.reject(new PlanningFailed('Planning took too long.'));
    if (this.#jobs.size >= mostWaiting)
      return Promise.reject(new PlanningFailed('Too many operations to plan.'));
    return new Promise((resolve, reject) => {
      const id = (this.#count += 1);
      const late = () => this.#giveUp(id);
      signal.addEventListener('abort', late, { once: true });
      const request = { id, ...operation };
      this.#jobs.set(id, {
        request,
        resolve: (plan) => {
          signal.removeEventListener('abort', late);
          resolve(plan);
        },
        reject: (reason) => {
          signal.removeEventListener('abort', late);
          reject(reason);
        },
        isSent: false,
        isSuspect: false,
      });
      this.#sendWaiting();
    });
  }

  close(): void {
    this.#isClosed = true;
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined) this.#part(child);
    for (const { reject } of this.#jobs.values()) reject(new PlanningFailed('The planner has been closed.'));
    this.#jobs.clear();
  }

  #part(child: ChildProcess): void {
    const isIdle = this.#isReady && this.#jobs.size + this.#givenUp.size === 0;
    if (isIdle && this.#processes !== undefined) {
      for (const event of ['message', 'error', 'exit']) child.removeAllListeners(event);
      this.#processes.leave(child);
    } else if (isIdle) endPlanner(child);
    // What is under way in it would keep it from ending.
    else child.kill('SIGKILL');
  }

  #answer(message: Extract<FromNativeProcess, { kind: 'planned' | 'failed' }>): void {
    if (this.#givenUp.delete(message.id)) {
      this.#sendWaiting();
      return;
    }
    this.#settle(message.id, ({ resolve, reject }) => {
      if (message.kind === 'failed') {
        reject(new PlanningFailed(message.reason));
        return;
      }
      try {
        resolve(fromNativePlan(message.plan));
      } catch (fault) {
        reject(fault instanceof PlanningFailed ? fault : new PlanningFailed(String(fault), { cause: fault }));
      }
    });
  }

  #settle(id: number, settle: (job: Job) => void): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    this.#jobs.delete(id);
    settle(job);
    if (this.#jobs.size === 0) this.#hold(false);
    else this.#sendWaiting();
  }

  #giveUp(id: number): void {
    if (this.#jobs.get(id)?.isSent === true) {
      this.#givenUp.add(id);
      setTimeout(() => this.#givenUp.has(id) && this.#endHanging(), graceMs).unref();
    }
    this.#settle(id, ({ reject }) => reject(new PlanningFailed('Planning took too long.')));
  }

  /** Native code cannot be interrupted, so its process ends. Nobody else is to blame: they go to the next one. */
  #endHanging(): void {
    for (const job of this.#jobs.values()) job.isSent = false;
    this.#givenUp.clear();
    this.#isReady = false;
    this.#child?.kill('SIGKILL');
  }

  /** If it ended by itself, a single operation under way is the one that ended it. */
  #ended(): void {
    if (this.#isClosed) return;
    const hadOthers = this.#givenUp.size > 0;
    this.#givenUp.clear();
    const sent = [...this.#jobs.values()].filter(({ isSent }) => isSent);
    for (const job of sent) Object.assign(job, { isSent: false, isSuspect: true });
    const [only, ...others] = sent;
    if (only !== undefined && others.length === 0 && !hadOthers) {
      this.#jobs.delete(only.request.id);
      only.reject(new PlanningFailed('The native planner ended on this operation.'));
    }
    this.start().catch(() => this.close());
  }

  /** Suspects one at a time, and everything else when there is none left. */
  #sendWaiting(): void {
    if (!this.#isReady || this.#jobs.size === 0) return;
    this.#hold(true);
    const jobs = [...this.#jobs.values()];
    const suspects = jobs.filter(({ isSuspect }) => isSuspect);
    if (suspects.some(({ isSent }) => isSent)) return;
    const free = mostSent - this.#givenUp.size - jobs.filter(({ isSent }) => isSent).length;
    const next = suspects.length > 0 ? suspects.slice(0, 1) : jobs.filter(({ isSent }) => !isSent);
    for (const job of next.slice(0, Math.max(0, free))) {
      job.isSent = true;
      this.#send({ kind: 'plan', ...job.request });
    }
  }

  /** It keeps the gateway alive only while somebody waits for it. */
  #hold(isHeld: boolean): void {
    const child = this.#child;
    if (isHeld) child?.ref();
    else child?.unref();
    if (isHeld) child?.channel?.ref();
    else child?.channel?.unref();
  }

  #send(message: ToNativeProcess): void {
    this.#child?.send(message, () => undefined); // what cannot be sent ends with the process
  }
}

const isOwn = /^(__|join__|link__)/;

/**
 * It lists introspection's own types and fields, which graphql-js brings itself and refuses to see defined, and a few
 * types of the supergraph's own (join__FieldValue), which are nobody's business outside.
 */
function readConsumerSchema(text: string): GraphQLSchema {
  const { definitions } = parse(text, { noLocation: true });
  return buildASTSchema(
    {
      kind: Kind.DOCUMENT,
      definitions: definitions
        .filter((definition) => !('name' in definition && isOwn.test(definition.name?.value ?? '')))
        .map((definition) =>
          definition.kind === Kind.OBJECT_TYPE_DEFINITION
            ? {
                ...definition,
                fields: (definition.fields ?? []).filter(({ name }) => !name.value.startsWith('__')),
              }
            : definition,
        ),
    },
    { assumeValidSDL: true },
  );
}
