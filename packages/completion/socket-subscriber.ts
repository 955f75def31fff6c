// A subscription on a socket: passes what comes to the session, under the client's id.
import type { GraphQLFormattedError } from 'graphql';
import type { EncodedPayload, Subscriber } from './live-subscriber.ts';
import type { SignedIn } from './sign-in.ts';

interface Session {
  next(id: string, payload: string): Promise<void> | undefined;
  room(): Promise<void> | undefined;
  end(id: string, errors: readonly GraphQLFormattedError[] | undefined): void;
}

export class SocketSubscriber implements Subscriber {
  readonly #session: Session;
  readonly #id: string;
  holder: SignedIn;

  constructor(session: Session, id: string, holder: SignedIn) {
    this.#session = session;
    this.#id = id;
    this.holder = holder;
  }

  next({ text }: EncodedPayload): Promise<void> | undefined {
    return this.#session.next(this.#id, text);
  }

  room(): Promise<void> | undefined {
    return this.#session.room();
  }

  end(errors?: readonly GraphQLFormattedError[]): void {
    this.#session.end(this.#id, errors);
  }
}
