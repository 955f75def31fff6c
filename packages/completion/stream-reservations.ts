// The "single connection" mode of the GraphQL-over-SSE protocol: a client reserves a stream (PUT), opens it (GET), and
// starts (POST) and ends (DELETE) operations whose events come on it. A reservation lives in this process only.
import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventStream } from './event-stream.ts';
import { mostOperations } from './live-limits.ts';
import { OperationRefused } from './operation-request.ts';
import type { SessionOptions } from './session-options.ts';
import type { SignedIn } from './sign-in.ts';
import { runOnStream } from './stream-operation.ts';
import { takeStreamPlace } from './stream-place.ts';
import { badRequest, type StreamRequest } from './stream-request.ts';

/** A reservation that nobody opens is given up. */
const openWithinMs = 10_000;

interface Reservation {
  readonly customerId: string;
  readonly timer: NodeJS.Timeout;
  readonly leavePlace: () => void;
  stream: EventStream | undefined;
  /** By the client's id, what ends it. */
  readonly operations: Map<string, () => void>;
}

export class StreamReservations {
  readonly #options: SessionOptions;
  readonly #open: (reply: FastifyReply, onClosed: () => void) => EventStream;
  readonly #reservations = new Map<string, Reservation>();

  constructor(options: SessionOptions, open: (reply: FastifyReply, onClosed: () => void) => EventStream) {
    this.#options = options;
    this.#open = open;
  }

  reserve({ customerId }: SignedIn, reply: FastifyReply): FastifyReply {
    const leavePlace = takeStreamPlace(this.#options.places, customerId);
    const token = randomUUID();
    const timer = setTimeout(() => this.#giveUp(token), openWithinMs);
    this.#reservations.set(token, {
      customerId,
      timer,
      leavePlace,
      stream: undefined,
      operations: new Map(),
    });
    return reply.code(201).type('text/plain; charset=utf-8').send(token);
  }

  open(token: string, signedIn: SignedIn, reply: FastifyReply): FastifyReply {
    const reservation = this.#find(token, signedIn);
    if (reservation.stream !== undefined) throw badRequest('The stream is open already.', 409);
    clearTimeout(reservation.timer);
    reservation.stream = this.#open(reply, () => {
      this.#giveUp(token);
      for (const leave of reservation.operations.values()) leave();
    });
    return reply;
  }

  run(token: string, signedIn: SignedIn, request: StreamRequest, reply: FastifyReply): FastifyReply {
    const { stream, operations } = this.#find(token, signedIn);
    const { operationId: id } = request;
    if (id === undefined) throw badRequest('Give the operation a name as `extensions.operationId`.');
    if (stream === undefined) throw badRequest('Open the stream first.', 409);
    if (operations.has(id)) throw badRequest('An operation of this id is under way.', 409);
    if (operations.size >= mostOperations) {
      const message = `A stream carries at most ${mostOperations} operations.`;
      throw new OperationRefused({ status: 429, code: 'TOO_MANY_SUBSCRIPTIONS', message });
    }
    let hasEnded = false;
    const onEnd = (): void => {
      hasEnded = true;
      operations.delete(id);
    };
    const accepted = this.#options.accept(request);
    const leave = runOnStream(this.#options, accepted, request, { stream, signedIn, id, onEnd });
    if (!hasEnded) operations.set(id, leave);
    return reply.code(202).send();
  }

  complete(
    token: string | undefined,
    signedIn: SignedIn,
    { query }: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply {
    const { operations } = this.#find(token ?? '', signedIn);
    const id = (query as Readonly<Record<string, unknown>>)['operationId'];
    if (typeof id !== 'string') throw badRequest('Name the operation as `operationId`.');
    operations.get(id)?.();
    operations.delete(id);
    return reply.code(200).send();
  }

  #giveUp(token: string): void {
    this.#reservations.get(token)?.leavePlace();
    this.#reservations.delete(token);
  }

  stop(): void {
    for (const { timer } of this.#reservations.values()) clearTimeout(timer);
  }

  /** One of another customer is none. */
  #find(token: string, { customerId }: SignedIn): Reservation {
    const found = this.#reservations.get(token);
    if (found?.customerId === customerId) return found;
    throw badRequest('There is no such stream.', 404);
  }
}
