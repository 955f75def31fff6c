// GraphQL over server-sent events at /graphql/stream, by the GraphQL-over-SSE protocol (graphql-sse, PROTOCOL.md): a
// stream for each operation ("distinct connections"). One reserved stream for many ("single connection") is
// stream-reservations.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { currentContext, unauthenticated } from '@simplebank/chassis';
import { closeInBatches } from '../close-in-batches.ts';
import { EventStream } from './event-stream.ts';
import { refuse } from '../http-operations.ts';
import type { Renewable } from '../sessions/held-tokens.ts';
import { limitRequest, smallestCost } from '../limits/limit-request.ts';
import { checkRequest, OperationRefused } from '../operation-request.ts';
import type { SessionOptions } from '../session-options.ts';
import type { SignedIn } from '../sessions/sign-in.ts';
import { StreamOperation } from './stream-operation.ts';
import { takeStreamPlace } from './stream-place.ts';
import { badRequest, readStreamRequest, type StreamRequest } from './stream-request.ts';
import { StreamReservations, type OpenStream, type StreamHolder } from './stream-reservations.ts';

const path = '/graphql/stream';
/** PATCH renews a reservation's token; the protocol has the others. */
export const streamMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const tokenHeader = 'x-graphql-event-stream-token';

export interface StreamServer {
  opened(): Iterable<Renewable>;
  serve(scope: FastifyInstance): void;
  /** Ends those that were opened with a token of the session. */
  endSession(sessionId: string): void;
  stop(): Promise<void>;
}

export function createStreamServer(options: SessionOptions): StreamServer {
  const streams = new Map<EventStream, StreamHolder>();
  const open: OpenStream = (holder, reply, onClosed) => {
    reply.hijack();
    const stream: EventStream = new EventStream(reply.raw, headersOf(reply), {
      onSlow: options.onSlow,
      onClosed: () => {
        streams.delete(stream);
        onClosed();
      },
    });
    streams.set(stream, holder);
    return stream;
  };
  const reservations = new StreamReservations(options, open);

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const signedIn = await signedInOf(options, request);
    // Gone while it was looked at who it is: its stream would never be told that it is closed.
    if (reply.raw.destroyed) return reply.hijack();
    const { method } = request;
    const token = tokenOf(request);
    if (method === 'POST') checkRequest(method, request.headers);
    if (method === 'POST' || (method === 'GET' && token === undefined)) {
      const asked = readStreamRequest(request);
      limitRequest(options.limits, request, options.costOf(asked), signedIn);
      return token === undefined
        ? distinct(request, reply, signedIn, asked)
        : reservations.run(token, signedIn, asked, reply);
    }
    limitRequest(options.limits, request, smallestCost, signedIn);
    if (method === 'PUT') return reservations.reserve(signedIn, reply);
    if (method === 'PATCH') return reservations.renew(token, signedIn, reply);
    if (method === 'DELETE') return reservations.complete(token, signedIn, request, reply);
    return reservations.open(token ?? '', signedIn, reply);
  }

  function distinct(
    request: FastifyRequest,
    reply: FastifyReply,
    signedIn: SignedIn,
    asked: StreamRequest,
  ): FastifyReply {
    const lastEventId = request.headers['last-event-id'];
    const accepted = options.accept(asked, typeof lastEventId === 'string' ? lastEventId : undefined);
    if (request.method === 'GET' && accepted.kind === 'operation') {
      throw badRequest('By GET only subscriptions are served here.', 405);
    }
    const leavePlace = takeStreamPlace(options.places, signedIn.customerId);
    const holder: StreamHolder = {
      signedIn: () => operation.holder,
      renewed: (newer) => operation.renew(newer),
    };
    const stream = open(holder, reply, () => {
      leavePlace();
      operation.leave();
    });
    const onEnd = (): void => stream.end();
    const operation = new StreamOperation(signedIn, { session: options, stream, onEnd });
    operation.start(accepted, asked);
    return reply;
  }

  return {
    serve(scope) {
      scope.route({
        method: [...streamMethods],
        url: path,
        async handler(request, reply) {
          try {
            return await answer(request, reply);
          } catch (error) {
            if (error instanceof OperationRefused) return refuse(error, request, reply);
            throw error;
          }
        },
      });
    },
    opened: () => [...streams].map(([stream, holder]) => renewableOf(options, stream, holder)),
    endSession(sessionId) {
      for (const [stream, { signedIn }] of streams) if (signedIn().sessionId === sessionId) stream.end();
    },
    async stop() {
      reservations.stop();
      await closeInBatches([...streams.keys()], (stream, retryMs) => stream.end(retryMs));
    },
  };
}

function renewableOf(
  { signIn }: SessionOptions,
  stream: EventStream,
  { signedIn, renewed }: StreamHolder,
): Renewable {
  return {
    signedIn: signedIn(),
    async renewHeld(held) {
      const newer = await signIn(await held.authorization({ isActive: false }), held);
      if (newer?.customerId === signedIn().customerId) renewed(newer);
    },
    endSession: () => stream.end(),
  };
}

async function signedInOf(
  { signIn, heldTokens }: SessionOptions,
  request: FastifyRequest,
): Promise<SignedIn> {
  // The request's own token, or the one that is held for it, was found before.
  const signedIn = await signIn(
    currentContext()?.authorization,
    heldTokens.sessionOf(request.raw, 'request'),
  );
  if (signedIn !== undefined) return signedIn;
  throw new OperationRefused({ status: 401, code: 'UNAUTHENTICATED', message: unauthenticated().message });
}

/** By header, or where a browser's EventSource can send none, in the URL. */
function tokenOf({ headers, query }: FastifyRequest): string | undefined {
  const given = headers[tokenHeader] ?? (query as Readonly<Record<string, unknown>>)['token'];
  return typeof given === 'string' && given !== '' ? given : undefined;
}

/** What has been set for the answer so far, as the correlation id. */
function headersOf(reply: FastifyReply): Record<string, string> {
  const headers = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
  return Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));
}
