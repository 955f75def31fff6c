// The "single connection" mode of the GraphQL-over-SSE protocol: a client reserves a stream (PUT), opens it (GET), and
// starts (POST) and ends (DELETE) operations whose events come on it. Each of its requests that brings a newer token renews
// the old one for all operations; PATCH, which is ours, does nothing else. A reservation lives in this process only.
import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventStream } from './event-stream.ts';
import { mostOperations } from '../limits/live-limits.ts';
import { OperationRefused } from '../operation-request.ts';
import type { SessionOptions } from '../session-options.ts';
import type { SignedIn } from '../sessions/sign-in.ts';
import { StreamOperation } from './stream-operation.ts';
import { takeStreamPlace } from './stream-place.ts';
import { badRequest, type StreamRequest } from './stream-request.ts';

/** A reservation that nobody opens is given up. */
const openWithinMs = 10_000;

interface Reservation {
  /** The newest token that a request for it has brought. */
  holder: SignedIn;
  readonly timer: NodeJS.Timeout;
  readonly leavePlace: () => void;
  stream: EventStream | undefined;
  /** By the client's id. */
  readonly operations: Map<string, StreamOperation>;
}

export interface StreamHolder {
  /** Whose it is by the newest token, asked when a session ends. */
  readonly signedIn: () => SignedIn;
  /** Its operations go on with this one. */
  readonly renewed: (newer: SignedIn) => void;
}

export type OpenStream = (holder: StreamHolder, reply: FastifyReply, onClosed: () => void) => EventStream;

export class StreamReservations {
  readonly #options: SessionOptions;
  readonly #open: OpenStream;
  readonly #reservations = new Map<string, Reservation>();

  constructor(options: SessionOptions, open: OpenStream) {
    this.#options = options;
    this.#open = open;
  }

  reserve(holder: SignedIn, reply: FastifyReply): FastifyReply {
    const leavePlace = takeStreamPlace(this.#options.places, holder.customerId);
    const token = randomUUID();
    const timer = setTimeout(() => this.#giveUp(token), openWithinMs);
    this.#reservations.set(token, {
      holder,
      timer,
      leavePlace,
      stream: undefined,
      operations: new Map(),
    });
    return reply.code(201).type('text/plain; charset=utf-8').send(token);
  }

  /** Its operations go on with the newer token. */
  renew(token: string | undefined, signedIn: SignedIn, reply: FastifyReply): FastifyReply {
    this.#find(token ?? '', signedIn);
    return reply.code(204).send();
  }

  open(token: string, signedIn: SignedIn, reply: FastifyReply): FastifyReply {
    const reservation = this.#find(token, signedIn);
    if (reservation.stream !== undefined) throw badRequest('The stream is open already.', 409);
    clearTimeout(reservation.timer);
    const holder: StreamHolder = {
      signedIn: () => reservation.holder,
      renewed: (newer) => renew(reservation, newer),
    };
    reservation.stream = this.#open(holder, reply, () => {
      this.#giveUp(token);
      for (const operation of reservation.operations.values()) operation.leave();
    });
    return reply;
  }

  run(token: string, signedIn: SignedIn, request: StreamRequest, reply: FastifyReply): FastifyReply {
    const { holder, stream, operations } = this.#find(token, signedIn);
    const { operationId: id } = request;
    if (id === undefined) throw badRequest('Give the operation a name as `extensions.operationId`.');
    if (stream === undefined) throw badRequest('Open the stream first.', 409);
    if (operations.has(id)) throw badRequest('An operation of this id is under way.', 409);
    if (operations.size >= mostOperations) {
      const message = `A stream carries at most ${mostOperations} operations.`;
      throw new OperationRefused({ status: 429, code: 'TOO_MANY_SUBSCRIPTIONS', message });
    }
    const onEnd = (): void => void operations.delete(id);
    const operation = new StreamOperation(holder, { session: this.#options, stream, id, onEnd });
    operations.set(id, operation);
    operation.start(this.#options.accept(request), request);
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
    operations.get(id)?.leave();
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

  /** One of another customer is none. Renewed by what the request brings. */
  #find(token: string, signedIn: SignedIn): Reservation {
    const found = this.#reservations.get(token);
    if (found?.holder.customerId !== signedIn.customerId) throw badRequest('There is no such stream.', 404);
    if (signedIn.expiresAtMs > found.holder.expiresAtMs) renew(found, signedIn);
    return found;
  }
}

function renew(reservation: Reservation, newer: SignedIn): void {
  reservation.holder = newer;
  for (const operation of reservation.operations.values()) operation.renew(newer);
}
