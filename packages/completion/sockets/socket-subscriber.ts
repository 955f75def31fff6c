// A subscription on a socket: passes what comes to the session, under the client's id.
import type { GraphQLFormattedError } from 'graphql';
import type { EncodedPayload, Subscriber } from '../live/live-subscriber.ts';
import type { OnTaken } from '../session-options.ts';
import type { SignedIn } from '../sessions/sign-in.ts';

interface Session {
  next(id: string, payload: string): Promise<void> | undefined;
  room(): Promise<void> | undefined;
  whenReceived(received: () => void): void;
  end(id: string, errors: readonly GraphQLFormattedError[] | undefined): void;
}

export class SocketSubscriber implements Subscriber {
  readonly #session: Session;
  readonly #id: string;
  readonly #onTaken: OnTaken | undefined;
  holder: SignedIn;

  constructor(session: Session, id: string, holder: SignedIn, onTaken: OnTaken | undefined) {
    this.#session = session;
    this.#id = id;
    this.#onTaken = onTaken;
    this.holder = holder;
  }

  next({ text, endOf }: EncodedPayload): Promise<void> | undefined {
    const room = this.#session.next(this.#id, text);
    const onTaken = this.#onTaken;
    if (endOf !== undefined && onTaken !== undefined) {
      this.#session.whenReceived(() => onTaken(endOf, this.holder.customerId));
    }
    return room;
  }

  room(): Promise<void> | undefined {
    return this.#session.room();
  }

  end(errors?: readonly GraphQLFormattedError[]): void {
    this.#session.end(this.#id, errors);
  }
}
