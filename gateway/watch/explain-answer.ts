// `extensions.plan` and `extensions.trace` of an answer, for development: a request asks for them by
// `"extensions": {"explain": ["plan", "trace"]}` beside its query. Such a request is executed for itself.
import type { ExecutionInput, ExecutionResult } from '../execution.ts';
import type { GatewayAnswer, GatewayRequest } from '../gateway-request.ts';
import { explainPlan } from '../planner/explain.ts';
import type { Plan } from '../planner/plan.ts';
import type { PreparedOperation } from '../generation/prepared-operation.ts';
import type { DeferredPayload } from '../reference/incremental.ts';
import type { SubgraphRequest } from '../subgraph-fetch.ts';
import type { FetchEvent } from '../transport/fetch-event.ts';
import { writeIncremental, writeResult } from '../write-answer.ts';
import { watchFetches } from './watch-fetches.ts';

export interface ExplainAsked {
  readonly plan: boolean;
  readonly trace: boolean;
}

/** One fetch in `extensions.trace`; times in milliseconds with two decimals. */
export interface TracedFetch extends Partial<Told> {
  readonly subgraph: string;
  /** Since the execution began. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Entities asked for; absent for a fetch of root fields. */
  readonly entities?: number;
  readonly errors: number;
}

/** What the transport tells of it, where there is one. */
type Told = Omit<FetchEvent, 'subgraph' | 'durationMs'>;

/** A prepared operation; its `execute` may add extensions of its own. */
export interface ExplainedOperation extends Pick<PreparedOperation, 'plan' | 'executeDeferred'> {
  execute(input: ExecutionInput): Promise<ExecutionResult & Extensions>;
}

interface Extensions {
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export function explainAsked(extensions: GatewayRequest['extensions']): ExplainAsked | undefined {
  const asked: unknown = extensions?.['explain'];
  if (!Array.isArray(asked)) return undefined;
  const [plan, trace] = [asked.includes('plan'), asked.includes('trace')];
  return plan || trace ? { plan, trace } : undefined;
}

export async function explainAnswer(
  asked: ExplainAsked,
  { plan, execute, executeDeferred }: ExplainedOperation,
  input: ExecutionInput,
): Promise<GatewayAnswer> {
  const planned = asked.plan ? { plan: planExtension(plan) } : {};
  const representations = representationVariables(plan);
  const fetches: TracedFetch[] = [];
  const startedAt = performance.now();
  const watched = { ...input, fetcher: recordingFetcher(input, representations, startedAt, fetches) };
  const trace = () => (asked.trace ? { trace: { durationMs: since(startedAt), fetches } } : {});
  if (executeDeferred !== undefined)
    return writeIncremental(explained(executeDeferred(watched), planned, trace));
  const result = await execute(watched);
  return writeResult({ ...result, extensions: { ...result.extensions, ...planned, ...trace() } });
}

/** The plan comes with the first payload, the trace with the last. */
async function* explained(
  payloads: AsyncIterable<DeferredPayload>,
  planned: object,
  trace: () => object,
): AsyncIterable<DeferredPayload & { readonly extensions?: object }> {
  let isFirst = true;
  for await (const payload of payloads) {
    const extensions = { ...(isFirst ? planned : {}), ...(payload.hasNext ? {} : trace()) };
    isFirst = false;
    yield Object.keys(extensions).length === 0 ? payload : { ...payload, extensions };
  }
}

/** As lines to read, and as it is for tools. */
function planExtension(plan: Plan) {
  return { text: explainPlan(plan).split('\n'), root: plan.root ?? null };
}

function recordingFetcher(
  { fetcher }: ExecutionInput,
  representations: ReadonlySet<string>,
  startedAt: number,
  fetches: TracedFetch[],
) {
  return watchFetches(fetcher, (request) => {
    const startMs = since(startedAt);
    const askedAt = performance.now();
    return {
      ended(answer, event) {
        fetches.push({
          subgraph: request.subgraph,
          startMs,
          durationMs: since(askedAt),
          ...entityCount(request, representations),
          errors: answer.errors.length,
          ...(event === undefined ? {} : toldOf(event)),
        });
      },
    };
  });
}

function toldOf({ subgraph: _subgraph, durationMs: _durationMs, ...told }: FetchEvent): Told {
  return told;
}

function representationVariables(plan: Plan): ReadonlySet<string> {
  const names = new Set<string>();
  JSON.stringify(plan, (key, value: unknown) => {
    if (key === 'representationsVariable' && typeof value === 'string') names.add(value);
    return value;
  });
  return names;
}

function entityCount({ body }: SubgraphRequest, names: ReadonlySet<string>): { entities?: number } {
  const { variables = {} } = JSON.parse(body) as { variables?: Readonly<Record<string, unknown>> };
  const lists = Object.entries(variables).filter(([name]) => names.has(name));
  if (lists.length === 0) return {};
  return { entities: lists.reduce((sum, [, list]) => sum + (Array.isArray(list) ? list.length : 0), 0) };
}

/** Hundredths of a millisecond are what the clock is good for. */
function since(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 100) / 100;
}
