// Every option of the engine with its default and its reason; http/front-options.ts and transport/ have their own.
import { defaultDocumentLimits, type DocumentLimits } from './operation/limit-document.ts';
import { defaultDocumentCacheLimits, type DocumentCacheLimits } from './operation/document-cache.ts';
import type { SubgraphFetcher } from './subgraph-fetch.ts';
import { createLastKnown, type LastKnown } from './fallback/last-known.ts';
import { PlannerProcesses } from './planner/planner-processes.ts';
import type { EngineWatch } from './watch/engine-watch.ts';

/** One that clients are known to ask. */
export interface KnownDocument {
  readonly text: string;
  readonly operationName: string | undefined;
}

export interface EngineOptions {
  readonly supergraph: string;
  readonly fetcher: SubgraphFetcher;
  /** Default `auto`: the native planner where the platform has a binary, and Apollo's where it has none. */
  readonly planner?: 'auto' | 'native' | 'apollo';
  /** Default `compiled`; `reference` runs every plan by the slow, obvious executor. */
  readonly executor?: 'compiled' | 'reference';
  /** Lets clients ask for the schema; default false, as production wants it. */
  readonly introspection?: boolean;
  /** Understands @defer; default true. Needs Apollo's planner, which is loaded at the first use. */
  readonly defer?: boolean;
  readonly documentLimits?: DocumentLimits;
  /** The highest cost by @cost and @listSize; default none, since a good number depends on the schema. */
  readonly mostCost?: number;
  readonly cacheLimits?: Partial<DocumentCacheLimits>;
  /** For one operation, over all its parts; default 2,000. */
  readonly planTimeoutMs?: number;
  /** Answers equal queries under way at once by one execution; default true. Never mutations. */
  readonly shareRequests?: boolean;
  /** Labels of progressive @override that are on; default none. */
  readonly overrideLabels?: readonly string[];
  /** Refuses an operation that asks for what its caller may not see, instead of leaving that out; default false. */
  readonly rejectUnauthorized?: boolean;
  /** Adds `extensions.plan` and `extensions.trace` to answers whose request asks for them; default false. */
  readonly explain?: boolean;
  /** Their plans are made before the engine is there; what a reload warms is given to the reload. Default none. */
  readonly knownDocuments?: readonly KnownDocument[];
  readonly watch?: EngineWatch;
}

export interface EngineSettings {
  readonly planner: 'auto' | 'native' | 'apollo';
  readonly executor: 'compiled' | 'reference';
  readonly introspection: boolean;
  readonly defer: boolean;
  readonly documentLimits: DocumentLimits;
  readonly mostCost: number | undefined;
  readonly cacheLimits: DocumentCacheLimits;
  readonly planTimeoutMs: number;
  readonly shareRequests: boolean;
  readonly overrideLabels: ReadonlySet<string>;
  readonly rejectUnauthorized: boolean;
  readonly explain: boolean;
  readonly watch: EngineWatch | undefined;
  /** Outlives generations, so that a reload during an outage forgets nothing. */
  readonly lastKnown: LastKnown;
  /** Outlive generations too, so that a reload need not start one. */
  readonly plannerProcesses: PlannerProcesses;
}

/** Planning takes 1 to 50 ms; what takes so much longer will not end well. */
const defaultPlanTimeoutMs = 2_000;

export function settleEngineOptions(options: EngineOptions): EngineSettings {
  return {
    planner: options.planner ?? 'auto',
    executor: options.executor ?? 'compiled',
    introspection: options.introspection ?? false,
    defer: options.defer ?? true,
    documentLimits: { ...defaultDocumentLimits, ...options.documentLimits },
    mostCost: options.mostCost,
    cacheLimits: { ...defaultDocumentCacheLimits, ...options.cacheLimits },
    planTimeoutMs: options.planTimeoutMs ?? defaultPlanTimeoutMs,
    shareRequests: options.shareRequests ?? true,
    overrideLabels: new Set(options.overrideLabels),
    rejectUnauthorized: options.rejectUnauthorized ?? false,
    explain: options.explain ?? false,
    watch: options.watch,
    lastKnown: createLastKnown(undefined, () => performance.now()),
    plannerProcesses: new PlannerProcesses(),
  };
}
