// What runs on a stream of server-sent events: a live query until it ends, or one operation's answer.
import type { GraphQLFormattedError } from 'graphql';
import type { Accepted, OperationRequest } from './accept-operation.ts';
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
  { liveQueries, execute }: Pick<SessionOptions, 'liveQueries' | 'execute'>,
  accepted: Accepted,
  request: OperationRequest,
  operation: StreamOperation,
): () => void {
  const { stream, signedIn, id, onEnd } = operation;
  const end = (errors?: readonly GraphQLFormattedError[]): void => {
    if (errors !== undefined) stream.refuse(errors, id);
    stream.complete(id);
    onEnd();
  };
  if (accepted.kind === 'live') {
    const subscriber: Subscriber = {
      holder: signedIn,
      next: (payload: EncodedPayload) => stream.next(payload, id),
      end,
    };
    liveQueries.subscribe(accepted.live, subscriber);
    return () => liveQueries.leave(subscriber);
  }
  let isLeft = false;
  if (accepted.kind === 'refused') end(accepted.errors);
  else {
    void execute(request, signedIn.authorization).then((text) => {
      if (isLeft) return;
      stream.answer(text, id);
      end();
    });
  }
  return () => (isLeft = true);
}
