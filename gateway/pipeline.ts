// The way of a request through the engine, on one screen. Build phases are cached: whoever asks the same document again
// pays only for coercing its variables, running its fetches and writing the answer.
import type { EngineSettings } from './engine-options.ts';
import type { ExecutionInput, NormalisedOperation } from './execution.ts';
import type { Caller, GatewayAnswer, GatewayRequest } from './gateway-request.ts';
import type { Generation } from './generation/generation.ts';
import { coerceVariables } from './operation/coerce-variables.ts';
import type { KnownOperation } from './operation/document-cache.ts';
import { DocumentRefused, notSupported } from './operation/parse-document.ts';
import { prepareOperation } from './generation/prepare-operation.ts';
import type { PreparedOperation } from './generation/prepared-operation.ts';
import { withFallbacks } from './fallback/run-fallbacks.ts';
import type { RequestSharing } from './share-requests.ts';
import type { SubgraphFetcher } from './subgraph-fetch.ts';
import { explainAnswer, explainAsked } from './watch/explain-answer.ts';
import { writeIncremental, writeResult } from './write-answer.ts';

export interface PipelineTools {
  readonly settings: EngineSettings;
  readonly fetcher: SubgraphFetcher;
  readonly sharing: RequestSharing | undefined;
}

/** Throws DocumentRefused and PlanningFailed, which engine.ts turns into answers. */
export async function runPipeline(
  generation: Generation,
  tools: PipelineTools,
  request: GatewayRequest,
): Promise<GatewayAnswer> {
  const { settings, sharing } = tools;
  const { documents, apiSchema } = generation;
  const { context, acceptsIncremental, caller } = request;

  // Parse and validate, by the text: operation/parse-document.ts, limits in operation/limit-document.ts.
  const found = documents.find(request.query, request.document);
  if (found.operations.size === 0) settings.watch?.parsed?.({ durationMs: found.parsedInMs, context });
  const known = documents.operation(found, request.operationName);
  if (known.definition.operation === 'mutation' && !request.allowMutation) {
    throw notSupported('Mutations are sent by POST.', 405);
  }

  // Coerce variables; what they decide about the cost is known now.
  const variables = coerceVariables(apiSchema, known.definition, request.variables);
  refuseTooCostly(generation, settings, known, variables);

  // Normalise, authorise, plan, compile, by conditions and rights: prepare-operation.ts.
  const toPrepare = { variables, acceptsIncremental, caller, context };
  const ready = prepareOperation(generation, settings, known, toPrepare);
  const prepared = ready instanceof Promise ? await ready : ready;

  // Run: execute/run-compiled.ts, or reference/ for what cannot be compiled. Then fallbacks (run-fallbacks.ts), and write.
  const joinsNothing = prepared.operation.kind === 'mutation' || isFresh(request);
  const input: ExecutionInput = {
    variables: namedAsPlanned(variables, prepared.operation),
    context,
    fetcher: joinsNothing ? fetchingAnew(tools.fetcher) : tools.fetcher,
  };
  const execute = async (given: ExecutionInput) => {
    const result = await prepared.execute(given);
    return prepared.fallbacks === undefined
      ? result
      : withFallbacks(generation, settings, { prepared, input: given, result, caller });
  };
  const asked = settings.explain ? explainAsked(request.extensions) : undefined;
  if (asked !== undefined) return explainAnswer(asked, { ...prepared, execute }, input);
  if (prepared.executeDeferred !== undefined) return writeIncremental(prepared.executeDeferred(input));
  const run = async () => writeResult(await execute(input));
  return sharing === undefined || joinsNothing
    ? run()
    : sharing.share(
        { generation, operation: known.id, key: sharedKey(generation, prepared, caller), variables, context },
        run,
      );
}

/** Providers are fields that the operation does not name, so that its own key says nothing of the rights to them. */
function sharedKey(
  { authorization }: Generation,
  { key, fallbacks }: PreparedOperation,
  caller: Caller,
): string {
  return fallbacks?.asksProviders === true ? `${key}/${authorization.signatureOf(caller)}` : key;
}

/** `"extensions": { "fresh": true }`: whoever knows of a change asks for what is so since, as a live query does. */
function isFresh({ extensions }: GatewayRequest): boolean {
  return extensions?.['fresh'] === true;
}

/** What a mutation reads must show what it has done, which an equal query that began before it need not. */
function fetchingAnew(fetcher: SubgraphFetcher): SubgraphFetcher {
  return { fetch: (request) => fetcher.fetch({ ...request, isUnshared: true }) };
}

function namedAsPlanned(
  variables: ExecutionInput['variables'],
  { renamedVariables }: NormalisedOperation,
): ExecutionInput['variables'] {
  if (renamedVariables === undefined) return variables;
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [renamedVariables.get(name) ?? name, value]),
  );
}

function refuseTooCostly(
  { cost }: Generation,
  { mostCost }: EngineSettings,
  { document, definition }: KnownOperation<PreparedOperation>,
  variables: Readonly<Record<string, unknown>>,
): void {
  if (cost === undefined || mostCost === undefined) return;
  const errors = cost.limitCost(document, definition, variables, mostCost);
  if (errors.length > 0) throw new DocumentRefused(errors);
}
