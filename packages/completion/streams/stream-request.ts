// What a request to /graphql/stream asks for: the parameters of an operation, from a body or a URL.
import type { FastifyRequest } from 'fastify';
import type { OperationRequest } from '../accept-operation.ts';
import { idempotencyKeyHeader } from '@simplebank/chassis';
import { hashOf } from '../client-documents.ts';
import { OperationRefused } from '../operation-request.ts';

export interface StreamRequest extends OperationRequest {
  /** Where one stream carries several operations. */
  readonly operationId: string | undefined;
}

/** Throws OperationRefused BAD_REQUEST. */
export function readStreamRequest({ method, headers, body, query: search }: FastifyRequest): StreamRequest {
  const given = method === 'GET' ? fromSearch(search as Record<string, unknown>) : fromText(body);
  const { query = '', operationName, variables, extensions, documentId } = given;
  const isNamed = query !== '' || hashOf({ documentId, extensions }) !== undefined;
  if (typeof query !== 'string' || !isNamed) {
    throw badRequest('Give the document as `query`, or its hash as `documentId`.');
  }
  if (operationName != null && typeof operationName !== 'string')
    throw badRequest('`operationName` is a text.');
  if (variables != null && !isObject(variables)) throw badRequest('`variables` are an object.');
  const operationId = isObject(extensions) ? extensions['operationId'] : undefined;
  return {
    query,
    operationName: operationName ?? undefined,
    variables: variables ?? {},
    documentId,
    extensions: withKey(extensions, headers[idempotencyKeyHeader]),
    operationId: typeof operationId === 'string' && operationId !== '' ? operationId : undefined,
  };
}

/** A key in the header counts as the operation's own, unless it has one. */
function withKey(extensions: unknown, idempotencyKey: unknown): unknown {
  if (idempotencyKey === undefined) return extensions;
  return { idempotencyKey, ...(isObject(extensions) ? extensions : {}) };
}

function fromSearch(search: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { query, documentId, operationName, variables, extensions } = search;
  return {
    query,
    documentId,
    operationName,
    variables: fromOptional(variables),
    extensions: fromOptional(extensions),
  };
}

function fromOptional(text: unknown): unknown {
  return text === undefined ? undefined : parsed(text);
}

function fromText(body: unknown): Record<string, unknown> {
  const given = parsed(body);
  if (!isObject(given)) throw badRequest('The body is an object with a `query`.');
  return given;
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text)) as unknown;
  } catch {
    throw badRequest('This is no JSON.');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function badRequest(message: string, status = 400): OperationRefused {
  return new OperationRefused({ status, code: 'BAD_REQUEST', message });
}
