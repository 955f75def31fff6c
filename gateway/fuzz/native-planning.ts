// The native planner in one process for the whole run (planner/native-process.ts), which loads one supergraph after
// another: the engine's own adapter starts a process for each, and that would take longer than all of its operations.
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GraphQLSchema } from 'graphql';
import { fromNativePlan } from '../planner/native-plan.ts';
import type { FromNativeProcess, ToNativeProcess } from '../planner/native-process.ts';
import { PlanningFailed, SupergraphInvalid, type Planner } from '../planner/planner.ts';

const childFile = fileURLToPath(new URL('../planner/native-process.ts', import.meta.url));

type Settle = (message: FromNativeProcess | { readonly kind: 'ended' }) => void;

export class NativePlanning {
  #child: ChildProcess | undefined;
  #loaded: string | undefined;
  #waiting: Settle | undefined;
  #count = 0;

  /** Throws SupergraphInvalid. `apiSchema`: the planner's own is compared nowhere here. */
  async plannerFor(supergraph: string, apiSchema: GraphQLSchema): Promise<Planner> {
    await this.#load(supergraph);
    return {
      name: 'native',
      apiSchema,
      overrides: { labels: [], percentages: [] },
      plan: async ({ text }, signal) => {
        await this.#load(supergraph);
        const answer = await this.#plan(text, signal);
        if (answer.kind === 'planned') return fromNativePlan(answer.plan);
        const ending = signal.aborted ? 'it took too long' : 'it ended its process';
        throw new PlanningFailed(answer.kind === 'failed' ? answer.reason : ending);
      },
      close: async () => undefined,
    };
  }

  close(): void {
    this.#child?.disconnect();
    this.#child = undefined;
  }

  async #load(supergraph: string): Promise<void> {
    if (this.#loaded === supergraph && this.#child !== undefined) return;
    const answer = await this.#ask({ kind: 'load', supergraph });
    if (answer.kind !== 'loaded') {
      this.#loaded = undefined;
      throw new SupergraphInvalid(answer.kind === 'refused' ? answer.reason : 'it ended its process');
    }
    this.#loaded = supergraph;
  }

  async #plan(text: string, signal: AbortSignal): Promise<Parameters<Settle>[0]> {
    const child = this.#child;
    // Some operations it plans for ever.
    const kill = () => child?.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    try {
      this.#count += 1;
      return await this.#ask({ kind: 'plan', id: this.#count, text, labels: [], percentage: 0 });
    } finally {
      signal.removeEventListener('abort', kill);
    }
  }

  /** One question at a time: the fuzzer waits for each. */
  #ask(message: ToNativeProcess): Promise<Parameters<Settle>[0]> {
    const child = (this.#child ??= this.#start());
    return new Promise((resolve) => {
      this.#waiting = resolve;
      child.send(message);
    });
  }

  #start(): ChildProcess {
    const child = fork(childFile, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.on('message', (message: FromNativeProcess) => this.#settle(message));
    child.on('exit', () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#loaded = undefined;
      this.#settle({ kind: 'ended' });
    });
    return child;
  }

  #settle(message: Parameters<Settle>[0]): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(message);
  }
}
