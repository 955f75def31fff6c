// What runs on a stream of server-sent events: a live query until it ends, or one operation's answer.
import type { GraphQLFormattedError } from 'graphql';
import { problem, type Accepted, type OperationRequest } from './accept-operation.ts';
import type { EventStream } from './event-stream.ts';
import type { EncodedPayload, Subscriber } from './live-subscriber.ts';
import type { SessionOptions } from './session-options.ts';
import type { SignedIn } from './sign-in.ts';

export interface StreamOperation {
  readonly stream: EventStream;
  readonly signedIn: SignedIn;
  /** Only where one stream carries several operations. */
  readonly id?: string;
  readonly onEnd: () => void;
}

/** Returns what ends it without another word. */
export function runOnStream(
  { places, liveQueries, execute }: Pick<SessionOptions, 'places' | 'liveQueries' | 'execute'>,
  accepted: Accepted,
  request: OperationRequest,
  { stream, signedIn, id, onEnd }: StreamOperation,
): () => void {
  const finish = (errors?: readonly GraphQLFormattedError[]): void => {
    if (errors !== undefined) stream.refuse(errors, id);
    stream.complete(id);
    onEnd();
  };
  const nothing = (): void => undefined;
  if (accepted.kind === 'refused') {
    finish(accepted.errors);
    return nothing;
  }
  const refusal = places.subscribe(signedIn.customerId);
  if (refusal !== undefined) {
    finish([problem(refusal.code, refusal.message)]);
    return nothing;
  }
  let isOver = false;
  const leave = (): void => {
    if (!isOver) places.unsubscribe(signedIn.customerId);
    isOver = true;
  };
  const end = (errors?: readonly GraphQLFormattedError[]): void => {
    leave();
    finish(errors);
  };
  if (accepted.kind === 'live') {
    const subscriber: Subscriber = {
      holder: signedIn,
      next: (payload: EncodedPayload) => stream.next(payload, id),
      end,
    };
    liveQueries.subscribe(accepted.live, subscriber);
    return () => {
      liveQueries.leave(subscriber);
      leave();
    };
  }
  void execute(request, signedIn.authorization).then((text) => {
    if (isOver) return;
    stream.answer(text, id);
    end();
  });
  return leave;
}
