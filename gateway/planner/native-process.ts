// The process that the native planner runs in. It is native code: what it cannot plan may end its process (a panic), and
// that must not be the gateway. One message in for each operation, one out; it ends when the gateway does.
import { createRequire } from 'node:module';
import type { QueryPlan, QueryPlanner } from '@graphql-hive/router-query-planner';

export interface NativePlanRequest {
  readonly id: number;
  readonly text: string;
  readonly labels: readonly string[];
  readonly percentage: number;
}

export type ToNativeProcess =
  | { readonly kind: 'load'; readonly supergraph: string }
  | { readonly kind: 'unload' }
  | ({ readonly kind: 'plan' } & NativePlanRequest);

export type FromNativeProcess =
  | {
      readonly kind: 'loaded';
      readonly consumerSchema: string;
      readonly labels: readonly string[];
      readonly percentages: readonly number[];
    }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'planned'; readonly id: number; readonly plan: QueryPlan }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };

type NativePlannerClass = new (supergraph: string) => QueryPlanner;

const require = createRequire(import.meta.url);
let planner: QueryPlanner | undefined;

process.on('message', (message: ToNativeProcess) => {
  if (message.kind === 'load') load(message.supergraph);
  else if (message.kind === 'plan') void plan(message);
  else unload();
});
process.on('disconnect', () => process.exit());
// A Ctrl-C reaches the whole group of processes; the gateway still plans for what it finishes.
process.on('SIGINT', () => undefined);

function load(supergraph: string): void {
  try {
    const { QueryPlanner: Native } = require('@graphql-hive/router-query-planner') as {
      QueryPlanner: NativePlannerClass;
    };
    planner = new Native(supergraph);
    const { consumerSchema, overrideLabels: labels, overridePercentages: percentages } = planner;
    send({ kind: 'loaded', consumerSchema, labels, percentages });
  } catch (cause) {
    send({ kind: 'refused', reason: messageOf(cause) });
  }
}

function unload(): void {
  planner = undefined;
  globalThis.gc?.();
}

async function plan({ id, text, labels, percentage }: NativePlanRequest): Promise<void> {
  try {
    if (planner === undefined) throw new Error('no supergraph is loaded');
    send({ kind: 'planned', id, plan: await planner.planAsync(text, null, new Set(labels), percentage) });
  } catch (cause) {
    send({ kind: 'failed', id, reason: messageOf(cause) });
  }
}

function send(message: FromNativeProcess): void {
  process.send?.(message);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
