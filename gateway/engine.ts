// The engine: a supergraph in, federated answers out. It keeps one live generation, makes the next one beside it at a
// reload, and turns whatever goes wrong into an answer.
import {
  settleEngineOptions,
  type EngineOptions,
  type EngineSettings,
  type KnownDocument,
} from './engine-options.ts';
import { createGeneration, type Generation } from './generation/generation.ts';
import type { GatewayAnswer, GatewayRequest, RequestHandler } from './gateway-request.ts';
import { DocumentRefused } from './operation/parse-document.ts';
import { runPipeline, type PipelineTools } from './pipeline.ts';
import { PlanningFailed } from './planner/planner.ts';
import { RequestSharing } from './share-requests.ts';
import { writeResult } from './write-answer.ts';
import { warmGeneration } from './generation/warm-generation.ts';

export interface Engine extends RequestHandler {
  readonly generation: Generation;
  /**
   * The new supergraph goes live once the plans of known documents are made; requests under way end on the old one.
   * Throws SupergraphInvalid, and the old one stays.
   */
  reload(supergraph: string, documents?: readonly KnownDocument[]): Promise<void>;
  close(): Promise<void>;
}

/** Throws SupergraphInvalid. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const settings = settleEngineOptions(options);
  const sharing = settings.shareRequests ? new RequestSharing() : undefined;
  const tools: PipelineTools = { settings, fetcher: options.fetcher, sharing };
  let live = await createGeneration(options.supergraph, settings);
  await warmGeneration(live, settings, options.knownDocuments ?? []);
  let reloading: Promise<void> = Promise.resolve();

  async function goLive(supergraph: string, documents: readonly KnownDocument[]): Promise<void> {
    if (supergraph === live.supergraph.sdl) return;
    const startedAt = performance.now();
    let next: Generation | undefined;
    try {
      next = await createGeneration(supergraph, settings);
      const warmed = await warmGeneration(next, settings, [...documents, ...live.documents.used()]);
      const old = live;
      live = next;
      old.retire();
      settings.watch?.reloaded?.({ outcome: 'live', durationMs: performance.now() - startedAt, warmed });
    } catch (fault) {
      if (next !== live) next?.retire();
      settings.watch?.reloaded?.({
        outcome: 'refused',
        durationMs: performance.now() - startedAt,
        warmed: 0,
      });
      throw fault;
    }
  }

  return {
    get generation() {
      return live;
    },
    async handle(request) {
      const generation = live;
      generation.running += 1;
      try {
        return await watched(generation, tools, request);
      } finally {
        generation.ended();
      }
    },
    reload(supergraph, documents = []) {
      // One after the other, so that the last one asked for is the one that stays.
      const next = reloading.catch(() => undefined).then(() => goLive(supergraph, documents));
      reloading = next.catch(() => undefined);
      return next;
    },
    async close() {
      await reloading;
      live.retire();
      settings.plannerProcesses.close();
    },
  };
}

async function watched(
  generation: Generation,
  tools: PipelineTools,
  request: GatewayRequest,
): Promise<GatewayAnswer> {
  const { watch } = tools.settings;
  if (watch?.operation === undefined) return answer(generation, tools, request);
  const startedAt = performance.now();
  const result = await answer(generation, tools, request);
  watch.operation({
    ...describe(generation, request),
    client: request.client,
    durationMs: performance.now() - startedAt,
    outcome: outcomeOf(result),
    isShared: result.kind === 'executed' && result.isShared === true,
    context: request.context,
  });
  return result;
}

async function answer(
  generation: Generation,
  tools: PipelineTools,
  request: GatewayRequest,
): Promise<GatewayAnswer> {
  try {
    return await runPipeline(generation, tools, request);
  } catch (fault) {
    if (fault instanceof DocumentRefused) {
      return { kind: 'refused', errors: fault.errors, status: fault.status };
    }
    const correlationId = correlationIdOf(request);
    if (fault instanceof PlanningFailed) return notPlanned(tools.settings, fault, correlationId);
    tools.settings.watch?.failed?.(fault, { correlationId });
    const message = 'Something went wrong inside.';
    const extensions = coded('INTERNAL_ERROR', correlationId);
    return { kind: 'refused', errors: [{ message, extensions }], status: 500 };
  }
}

/** Never silence: what the supergraph lets nobody plan is `data: null` with an error. */
function notPlanned(
  { watch }: EngineSettings,
  fault: PlanningFailed,
  correlationId: string | undefined,
): GatewayAnswer {
  watch?.failed?.(fault, { correlationId });
  const message = 'No plan could be made for this operation.';
  return writeResult({
    data: null,
    errors: [{ message, extensions: coded('PLANNING_FAILED', correlationId) }],
  });
}

/** With the id that a client quotes, so that its report is found in the log. */
function coded(code: string, correlationId: string | undefined): Readonly<Record<string, string>> {
  return correlationId === undefined ? { code } : { code, correlationId };
}

function describe({ documents }: Generation, { query, operationName }: GatewayRequest) {
  const known = documents.peek(query, operationName);
  const kind: 'query' | 'mutation' | 'unknown' =
    known === undefined || known.operation === 'subscription' ? 'unknown' : known.operation;
  return { kind, name: known?.name?.value ?? '' };
}

function outcomeOf(result: GatewayAnswer): 'ok' | 'partial' | 'failed' | 'refused' {
  if (result.kind === 'refused') return 'refused';
  if (result.kind === 'incremental' || result.hasErrors !== true) return 'ok';
  return result.hasData ? 'partial' : 'failed';
}

function correlationIdOf({ context }: GatewayRequest): string | undefined {
  return context.tracingHeaders.find(([name]) => name === 'x-correlation-id')?.[1];
}
