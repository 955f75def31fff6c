// What runs on a stream of server-sent events: a live query until it ends, or one operation's answer.
import type { GraphQLFormattedError } from 'graphql';
import { publicFault } from '@simplebank/chassis';
import { problem, type Accepted, type OperationRequest } from '../accept-operation.ts';
import type { EventStream } from './event-stream.ts';
import type { EncodedPayload, Subscriber } from '../live/live-subscriber.ts';
import type { SessionOptions } from '../session-options.ts';
import type { SignedIn } from '../sessions/sign-in.ts';

export interface StreamOperationOptions {
  readonly session: SessionOptions;
  readonly stream: EventStream;
  /** Only where one stream carries several operations. */
  readonly id?: string;
  readonly onEnd: () => void;
}

export class StreamOperation implements Subscriber {
  readonly #options: StreamOperationOptions;
  readonly #controller = new AbortController();
  holder: SignedIn;
  #isUnderWay = false;

  constructor(holder: SignedIn, options: StreamOperationOptions) {
    this.holder = holder;
    this.#options = options;
  }

  start(accepted: Accepted, request: OperationRequest): void {
    if (accepted.kind === 'refused') {
      this.#finish(accepted.errors);
      return;
    }
    const { places, liveQueries } = this.#options.session;
    const refusal = places.subscribe(this.holder.customerId);
    if (refusal !== undefined) {
      this.#finish([problem(refusal.code, refusal.message)]);
      return;
    }
    this.#isUnderWay = true;
    if (accepted.kind === 'live') liveQueries.subscribe(accepted.live, this);
    else void this.#execute(request);
  }

  next(payload: EncodedPayload): Promise<void> | undefined {
    return this.#options.stream.next(payload, this.#options.id);
  }

  room(): Promise<void> | undefined {
    return this.#options.stream.room();
  }

  end(errors?: readonly GraphQLFormattedError[]): void {
    this.leave();
    this.#finish(errors);
  }

  /** Ends it without another word. */
  leave(): void {
    if (!this.#isUnderWay) return;
    this.#isUnderWay = false;
    const { places, liveQueries } = this.#options.session;
    places.unsubscribe(this.holder.customerId);
    liveQueries.leave(this);
    this.#controller.abort();
  }

  /** Its customer has a newer token. */
  renew(holder: SignedIn): void {
    this.holder = holder;
    this.#options.session.liveQueries.renewed(this);
  }

  async #execute(request: OperationRequest): Promise<void> {
    const { session, stream, id } = this.#options;
    try {
      const text = await session.execute(request, this.holder.authorization, this.#controller.signal);
      if (!this.#isUnderWay) return;
      stream.answer(text, id);
      this.end();
    } catch (fault) {
      const { code, message } = publicFault(fault);
      if (this.#isUnderWay) this.end([problem(code, message)]);
    }
  }

  #finish(errors: readonly GraphQLFormattedError[] | undefined): void {
    const { session, stream, id, onEnd } = this.#options;
    if (errors !== undefined) stream.refuse(session.identified(errors), id);
    stream.complete(id);
    onEnd();
  }
}
