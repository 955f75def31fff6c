// What the clients of graphql-ws and graphql-sse have in common: they connect again by themselves, and then send each
// subscription again, as JSON of the same request. It goes on where it was cut off when `after` has become the newest
// cursor; and what ended for a passing reason is begun again from there too.
import { setTimeout } from 'node:timers/promises';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { followOrder, type OrderUpdate } from './operations.ts';

const pauseMs = 1_000;

interface Request {
  readonly query: string;
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly extensions?: Record<string, unknown> | null | undefined;
}

interface BankError {
  readonly message: string;
  readonly extensions?: { readonly code?: unknown; readonly retryable?: unknown };
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly BankError[];
}

interface Sink<Payload> {
  next(payload: Payload): void;
  error(error: unknown): void;
  complete(): void;
}

type Subscribe<Sent extends Request, Payload> = (request: Sent, sink: Sink<Payload>) => () => void;

export function resuming<
  Sent extends Request,
  Payload extends { readonly data?: unknown; readonly errors?: unknown; readonly extensions?: unknown },
>(subscribe: Subscribe<Sent, Payload>): Subscribe<Sent, Payload> {
  return (request, sink) => {
    let cursor = request.variables?.['after'];
    const variables = {
      ...request.variables,
      // Read anew whenever the client sends the request.
      get after() {
        return cursor;
      },
    };
    let isLeft = false;
    let leave = () => undefined as void;
    const begin = () => {
      let isOver = false;
      const endsBy = (errors: unknown): boolean => {
        isOver = cursor !== undefined && isPassing(errors);
        if (isOver) void setTimeout(pauseMs).then(() => isLeft || begin());
        return isOver;
      };
      leave = subscribe(
        { ...request, variables },
        {
          next(payload) {
            if (payload.data == null && endsBy(payload.errors)) return;
            cursor = (payload.extensions as { readonly cursor?: string } | undefined)?.cursor ?? cursor;
            sink.next(payload);
          },
          error: (errors) => endsBy(errors) || sink.error(errors),
          complete: () => isOver || sink.complete(),
        },
      );
    };
    begin();
    return () => {
      isLeft = true;
      leave();
    };
  };
}

/** The token ended before it was renewed, or the bank says that it will be better soon. */
function isPassing(errors: unknown): boolean {
  if (!Array.isArray(errors)) return false;
  return (errors as readonly BankError[]).every(
    ({ extensions }) => extensions?.code === 'UNAUTHENTICATED' || extensions?.retryable === true,
  );
}

export interface LiveClient {
  subscribe<Data>(request: Request, sink: Sink<Answer<Data>>): () => void;
}

/** A query's answer, or a mutation's: that has a key, made once for what the customer does and kept for when it is sent again. */
export async function answerOf<Data, Variables extends Record<string, unknown>>(
  client: LiveClient,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  idempotencyKey?: string,
): Promise<Data> {
  const request = { query: print(document), variables, extensions: { idempotencyKey } };
  const { data, errors } = await new Promise<Answer<Data>>((resolve, reject) => {
    const complete = () => undefined;
    client.subscribe<Data>(request, { next: resolve, error: reject, complete });
  });
  if (data == null) throw new Error(errors?.[0]?.message);
  return data;
}

/** To the order's end; rejects with what the bank says against it. */
export function follow(
  client: LiveClient,
  orderId: string,
  onUpdate: (update: OrderUpdate) => void,
): Promise<void> {
  const request = { query: print(followOrder), variables: { orderId, after: '0' } };
  return new Promise((resolve, reject) => {
    client.subscribe<{ orderUpdated: OrderUpdate }>(request, {
      next({ data, errors }) {
        if (data == null) reject(errors);
        else onUpdate(data.orderUpdated);
      },
      error: reject,
      complete: resolve,
    });
  });
}
