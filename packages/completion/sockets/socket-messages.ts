// What is written in the messages of a socket: read as the protocol has it, and the texts that are sent.
import { validateMessage, type SubscribePayload } from 'graphql-ws';
import type { OperationRequest } from '../accept-operation.ts';

export function messageIn(text: string) {
  try {
    return validateMessage(JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

export function requestIn(payload: SubscribePayload & { readonly documentId?: unknown }): OperationRequest {
  const { query, operationName, variables, documentId, extensions } = payload;
  return {
    query,
    operationName: operationName ?? undefined,
    variables: { ...variables },
    documentId,
    extensions,
  };
}

export function nextMessage(id: string, payload: string): string {
  return `{"id":${JSON.stringify(id)},"type":"next","payload":${payload}}`;
}

export function authorizationIn(payload: unknown): string | undefined {
  const given = (payload as Readonly<Record<string, unknown>> | undefined)?.['authorization'];
  return typeof given === 'string' ? given : undefined;
}

export function appVersionIn(payload: unknown): unknown {
  return (payload as Readonly<Record<string, unknown>> | undefined)?.['appVersion'];
}

/** RFC 6455, section 5.5: a control frame's payload is at most 125 bytes, two of them the code. */
const longestReasonBytes = 123;

export function reasonOf(text: string, shorter: string): string {
  return Buffer.byteLength(text) <= longestReasonBytes ? text : shorter;
}
