// Writing: from what the engine answered, or why the request was refused, to status, headers and body.
import type { GatewayAnswer } from '../gateway-request.ts';
import {
  executedStatus,
  frontStatus,
  mediaForStatus,
  refusedStatus,
  type StatusEdition,
} from './choose-status.ts';
import type { FrontSettings } from './front-options.ts';
import type { HttpAnswer, HttpRequest } from './http-message.ts';
import { errorsText, HttpRefused } from './http-refused.ts';
import { multipartBody, multipartContentType } from './multipart-body.ts';
import { contentTypes, type Media, type Negotiated } from './negotiate-media.ts';

const internalError = 'Something went wrong here; quote the correlation id when you ask us.';

/** One request on its way through the front. */
export class FrontExchange {
  readonly settings: FrontSettings;
  readonly request: HttpRequest;
  readonly correlationId: string;
  /** Until the Accept header has been read, answers are plain JSON, whatever the edition. */
  media: Media = 'json';
  acceptsIncremental = false;
  edition: StatusEdition = '2023';

  constructor(settings: FrontSettings, request: HttpRequest, correlationId: string) {
    this.settings = settings;
    this.request = request;
    this.correlationId = correlationId;
  }

  negotiated({ media, acceptsIncremental }: Negotiated): void {
    this.media = media;
    this.acceptsIncremental = acceptsIncremental;
    this.edition = this.settings.statusCodes;
  }
}

export function writeOne(exchange: FrontExchange, answer: GatewayAnswer): HttpAnswer | Promise<HttpAnswer> {
  const { media, edition } = exchange;
  if (answer.kind === 'executed') {
    const status = executedStatus(edition, media, answer.hasErrors === true);
    return writeText(exchange, status, contentTypes[media], answer.text);
  }
  if (answer.kind === 'incremental') {
    const body = multipartBody(answer.payloads, (error) => brokenPart(exchange, error));
    return { status: 200, headers: answerHeaders(exchange, multipartContentType), body };
  }
  const status = refusedStatus(edition, media, answer.status, answer.errors[0]?.extensions?.['code']);
  const headers = answerHeaders(exchange, contentTypes[mediaForStatus(edition, media, status)]);
  // A mutation by GET.
  if (status === 405) headers.push('allow', 'POST');
  return { status, headers, body: JSON.stringify({ errors: answer.errors }) };
}

export function writeBatch(
  exchange: FrontExchange,
  answers: readonly (GatewayAnswer | HttpRefused)[],
): HttpAnswer | Promise<HttpAnswer> {
  const texts = answers.map((answer) => {
    if (answer instanceof HttpRefused)
      return errorsText(answer.code, answer.message, answer.details.extensions);
    if (answer.kind === 'incremental') throw new Error('an entry of a batch was answered in parts');
    return answer.kind === 'executed' ? answer.text : JSON.stringify({ errors: answer.errors });
  });
  // The specification knows no batches, so the answer is no application/graphql-response+json.
  return writeText(exchange, 200, contentTypes.json, `[${texts.join(',')}]`);
}

/** A bug shows nothing but the correlation id. */
export function writeRefusal(exchange: FrontExchange, error: unknown): HttpAnswer {
  const { media, edition, correlationId } = exchange;
  if (!(error instanceof HttpRefused)) {
    const headers = answerHeaders(exchange, contentTypes[mediaForStatus(edition, media, 500)]);
    return { status: 500, headers, body: errorsText('INTERNAL_ERROR', internalError, { correlationId }) };
  }
  const status = frontStatus(edition, media, error);
  const headers = answerHeaders(exchange, contentTypes[mediaForStatus(edition, media, status)]);
  if (error.details.headers !== undefined) headers.push(...error.details.headers);
  return { status, headers, body: errorsText(error.code, error.message, error.details.extensions) };
}

function brokenPart({ settings, correlationId }: FrontExchange, error: unknown): string {
  settings.report({ error, correlationId });
  const errors = [{ message: internalError, extensions: { code: 'INTERNAL_ERROR', correlationId } }];
  return JSON.stringify({ hasNext: false, errors });
}

function writeText(
  exchange: FrontExchange,
  status: number,
  contentType: string,
  text: string,
): HttpAnswer | Promise<HttpAnswer> {
  const headers = answerHeaders(exchange, contentType);
  const { compressor } = exchange.settings;
  if (compressor === undefined || text.length < compressor.thresholdBytes)
    return { status, headers, body: text };
  headers.push('vary', 'accept-encoding');
  const acceptEncoding = exchange.request.headers['accept-encoding'];
  const compressing =
    typeof acceptEncoding === 'string' ? compressor.compress(text, acceptEncoding) : undefined;
  if (compressing === undefined) return { status, headers, body: text };
  return compressing.then(({ encoding, body }) => {
    headers.push('content-encoding', encoding);
    return { status, headers, body };
  });
}

function answerHeaders({ settings, request, correlationId }: FrontExchange, contentType: string): string[] {
  const headers = ['content-type', contentType, 'x-correlation-id', correlationId];
  // Answers to a POST are never cached; those to a GET must not be without being asked.
  if (request.method === 'GET') headers.push('cache-control', 'no-store', 'vary', 'accept');
  settings.cors?.addTo(headers, request.headers);
  return headers;
}
