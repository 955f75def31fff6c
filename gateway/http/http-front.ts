// The HTTP front: a function from an HTTP request to an HTTP answer around a RequestHandler, so that any server can
// carry it. The way of a request: method → CSRF → Accept → parameters → caller → document → the engine → writing.
// Nothing here knows a schema, and whatever goes wrong is an answer with a code.
import type { Caller, GatewayAnswer, GatewayRequest, RequestHandler } from '../gateway-request.ts';
import { FrontExchange, writeBatch, writeOne, writeRefusal } from './write-answer.ts';
import { anonymous, settleFrontOptions, type FrontSettings, type HttpFrontOptions } from './front-options.ts';
import type { HttpAnswer, HttpRequest } from './http-message.ts';
import { HttpRefused, malformed } from './http-refused.ts';
import { negotiateMedia } from './negotiate-media.ts';
import { refuseSimpleRequest } from './prevent-csrf.ts';
import {
  checkContentType,
  readBody,
  readParameters,
  readSearch,
  type RequestParameters,
} from './read-parameters.ts';
import { clientOf } from './request-context.ts';
import { resolveDocument } from './resolve-document.ts';

export interface HttpFront {
  readonly path: string;
  /** Never rejects. */
  answerHttp(request: HttpRequest): Promise<HttpAnswer>;
  /** The answer to a request that a server could not read far enough to pass it on. */
  answerRefused(request: HttpRequest, refused: HttpRefused): HttpAnswer;
}

export function createHttpFront(handler: RequestHandler, options: HttpFrontOptions = {}): HttpFront {
  const settings = settleFrontOptions(options);
  return {
    path: settings.path,
    answerHttp: (request) => answerHttp(settings, handler, request),
    answerRefused: (request, refused) => writeRefusal(beginExchange(settings, request), refused),
  };
}

function beginExchange(settings: FrontSettings, request: HttpRequest): FrontExchange {
  return new FrontExchange(settings, request, settings.contexts.correlationIdOf(request));
}

async function answerHttp(
  settings: FrontSettings,
  handler: RequestHandler,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { cors } = settings;
  if (cors !== undefined && cors.isPreflight(request.method, request.headers)) {
    return cors.answerPreflight(request.headers);
  }
  const exchange = beginExchange(settings, request);
  try {
    const given = readRequest(exchange);
    const { callerOf } = settings;
    const caller =
      request.known?.caller ?? (callerOf === undefined ? anonymous : await callerOf(request.headers));
    if (Array.isArray(given))
      return await writeBatch(exchange, await runBatch(exchange, handler, given, caller));
    return await writeOne(
      exchange,
      await runOne(exchange, handler, given, caller, exchange.acceptsIncremental),
    );
  } catch (error) {
    if (!(error instanceof HttpRefused)) settings.report({ error, correlationId: exchange.correlationId });
    return writeRefusal(exchange, error);
  }
}

function readRequest(exchange: FrontExchange): RequestParameters | unknown[] {
  const { settings, request } = exchange;
  const { headers } = request;
  const isPost = request.method === 'POST';
  if (!isPost && request.method !== 'GET') {
    throw new HttpRefused(405, 'BAD_REQUEST', 'Only GET and POST are served here.', {
      headers: ['allow', 'GET, POST'],
    });
  }
  if (!isPost && settings.csrfHeaders.length > 0) refuseSimpleRequest(headers, settings.csrfHeaders);
  const negotiated = negotiateMedia(headers.accept);
  if (negotiated === undefined) {
    throw new HttpRefused(
      406,
      'BAD_REQUEST',
      'Answers are application/json or application/graphql-response+json.',
    );
  }
  exchange.negotiated(negotiated);
  if (isPost) {
    checkContentType(headers['content-type'], headers['content-encoding']);
    return readBody(request.body);
  }
  const question = request.url.indexOf('?');
  return readSearch(question === -1 ? '' : request.url.slice(question + 1));
}

async function runOne(
  { settings, request, correlationId }: FrontExchange,
  handler: RequestHandler,
  parameters: RequestParameters,
  caller: Caller,
  acceptsIncremental: boolean,
): Promise<GatewayAnswer> {
  const { text, keepAs } = resolveDocument(settings.documents, parameters);
  const gatewayRequest: GatewayRequest = {
    query: text,
    operationName: parameters.operationName,
    variables: parameters.variables,
    context: settings.contexts.contextOf(request, correlationId),
    caller,
    allowMutation: request.method === 'POST',
    acceptsIncremental,
    extensions: parameters.extensions,
    client: clientOf(request.headers),
  };
  const answer = await handler.handle(gatewayRequest);
  if (keepAs !== undefined && answer.kind !== 'refused') settings.documents.persisted?.keep(keepAs, text);
  return answer;
}

/** One entry that is refused does not touch the others. */
async function runBatch(
  exchange: FrontExchange,
  handler: RequestHandler,
  entries: readonly unknown[],
  caller: Caller,
): Promise<readonly (GatewayAnswer | HttpRefused)[]> {
  const { mostInBatch } = exchange.settings;
  if (mostInBatch === 0) throw malformed('Batches are not served here: send one operation in each request.');
  if (entries.length === 0) throw malformed('The batch is empty.');
  if (entries.length > mostInBatch) throw malformed(`The batch has more than ${mostInBatch} operations.`);
  return Promise.all(
    entries.map(async (entry) => {
      try {
        return await runOne(exchange, handler, readParameters(entry), caller, false);
      } catch (error) {
        if (error instanceof HttpRefused) return error;
        throw error;
      }
    }),
  );
}
