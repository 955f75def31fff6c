// One socket's side of the graphql-transport-ws protocol, message by message. Written for many quiet sockets: a session
// holds a few fields and no closures of its own until it subscribes, and a payload is encoded once for all who get it.
// Messages and close codes as the protocol's text has them (graphql-ws, PROTOCOL.md).
import { CloseCode, MessageType, type SubscribePayload } from 'graphql-ws';
import type { GraphQLFormattedError } from 'graphql';
import type { WebSocket } from 'ws';
import { PublicError } from '@simplebank/chassis';
import { problem, type LiveRequest, type OperationRequest, type StateRequest } from '../accept-operation.ts';
import { closeAndCut } from './close-and-cut.ts';
import type { HeldSession } from '../sessions/held-tokens.ts';
import { smallestCost } from '../limits/limit-request.ts';
import { mostBufferedBytes, mostOperations, slowBytes } from '../limits/live-limits.ts';
import { isSessionEnded } from '../sessions/session-ends.ts';
import {
  appVersionIn,
  authorizationIn,
  messageIn,
  nextMessage,
  reasonOf,
  requestIn,
} from './socket-messages.ts';
import { rateLimited } from '../limits/rate-limits.ts';
import { whenReceived } from './receipt.ts';
import type { SessionOptions } from '../session-options.ts';
import type { SignedIn } from '../sessions/sign-in.ts';
import { SocketSubscriber } from './socket-subscriber.ts';

/** RFC 6455's registry, 1013 Try Again Later: clients of graphql-ws connect again by themselves. */
const tryAgainLater = 1013;
const notToldNow = 'SERVICE_UNAVAILABLE: it cannot be told now who signs in; connect again';

export interface BroughtByUpgrade {
  /** For a client that brings no token. */
  readonly held?: HeldSession | undefined;
  /** It said its version, which has been looked at. */
  readonly hasVersion: boolean;
}

export class SocketSession {
  readonly #socket: WebSocket;
  readonly #options: SessionOptions;
  readonly #held: HeldSession | undefined;
  readonly #hasVersion: boolean;
  #isInitialised = false;
  #signedIn: SignedIn | undefined;
  /** Renewals that were asked for, and which of them gave the token in force: an older one that takes longer gives none. */
  #renewalsAsked = 0;
  #renewalInForce = 0;
  /** By the client's id; what gives it up, where the gateway is being asked. */
  #operations: Map<string, SocketSubscriber | AbortController> | undefined;
  /** While the client has much to take. */
  #room: Promise<void> | undefined;

  constructor(
    socket: WebSocket,
    options: SessionOptions,
    { held, hasVersion }: BroughtByUpgrade = { hasVersion: false },
  ) {
    this.#socket = socket;
    this.#options = options;
    this.#held = held;
    this.#hasVersion = hasVersion;
  }

  get isInitialised(): boolean {
    return this.#isInitialised;
  }

  /** By the newest token. */
  get signedIn(): SignedIn | undefined {
    return this.#signedIn;
  }

  async receive(text: string): Promise<void> {
    const message = messageIn(text);
    switch (message?.type) {
      case MessageType.ConnectionInit:
        return this.#initialise(message.payload);
      case MessageType.Ping:
        return this.#answerPing(message.payload);
      case MessageType.Pong:
        return;
      case MessageType.Subscribe:
        return this.#subscribe(message.id, message.payload);
      case MessageType.Complete:
        return this.#complete(message.id);
      default:
        this.#close(CloseCode.BadRequest, 'Invalid message received');
    }
  }

  /** Nothing is sent any more. */
  closed(): void {
    for (const operation of this.#operations?.values() ?? []) this.#leave(operation);
    const { places } = this.#options;
    if (this.#signedIn === undefined) return;
    places.unsubscribe(this.#signedIn.customerId, this.#operations?.size ?? 0);
    places.disconnect(this.#signedIn.customerId);
    this.#operations = undefined;
    this.#signedIn = undefined;
  }

  async #initialise(payload: unknown): Promise<void> {
    if (this.#isInitialised) {
      this.#close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
      return;
    }
    this.#isInitialised = true;
    const version = appVersionIn(payload);
    const tooOld =
      version === undefined && this.#hasVersion ? undefined : this.#options.appVersions.refusal(version);
    if (tooOld !== undefined) {
      // Not 4403, after which clients come back by themselves.
      closeAndCut(
        this.#socket,
        CloseCode.BadRequest,
        reasonOf(`${tooOld.code}: ${tooOld.message}`, tooOld.code),
      );
      return;
    }
    let signedIn: SignedIn | undefined;
    try {
      signedIn = await this.#signIn(payload);
    } catch (fault) {
      if (isSessionEnded(fault)) return this.endSession();
      if (!(fault instanceof PublicError)) {
        this.#close(tryAgainLater, notToldNow);
        throw fault;
      }
    }
    // It may have been closed meanwhile, and will not be told again.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (signedIn === undefined) {
      this.#close(CloseCode.Forbidden, 'Forbidden');
      return;
    }
    const refusal = this.#options.places.connect(signedIn.customerId);
    if (refusal !== undefined) {
      this.#close(tryAgainLater, reasonOf(`${refusal.code}: ${refusal.message}`, refusal.code));
      return;
    }
    this.#signedIn = signedIn;
    this.#send(JSON.stringify({ type: MessageType.ConnectionAck }));
  }

  async #signIn(payload: unknown): Promise<SignedIn | undefined> {
    const { heldTokens, signIn } = this.#options;
    const shown = heldTokens.acceptsTokens ? authorizationIn(payload) : undefined;
    const held = shown === undefined ? this.#held : undefined;
    return signIn(shown ?? (await held?.authorization({ isActive: true })), held);
  }

  endSession(): void {
    this.#close(CloseCode.Forbidden, 'Forbidden: the session has ended');
    this.closed();
  }

  /** The protocol leaves a ping's payload to us: a new token in it renews the old one, and the pong says whether. */
  async #answerPing(payload: Readonly<Record<string, unknown>> | undefined): Promise<void> {
    const authorization = authorizationIn(payload);
    const answer = authorization === undefined ? payload : { renewed: await this.#renew(authorization) };
    this.#send(JSON.stringify({ type: MessageType.Pong, payload: answer }));
  }

  /** Only for the customer who has signed in: a socket never changes hands. */
  async #renew(authorization: string): Promise<boolean> {
    const { limits, heldTokens } = this.#options;
    if (!heldTokens.acceptsTokens || this.#signedIn === undefined) return false;
    // A token that was never seen is dear to look at.
    if (limits.take(smallestCost, this.#signedIn) !== undefined) return false;
    const renewal = (this.#renewalsAsked += 1);
    return this.#take(await this.#options.signIn(authorization).catch(() => undefined), renewal);
  }

  async renewHeld(held: HeldSession): Promise<void> {
    const renewal = (this.#renewalsAsked += 1);
    const authorization = await held.authorization({ isActive: false });
    this.#take(await this.#options.signIn(authorization, held), renewal);
  }

  #take(renewed: SignedIn | undefined, renewal: number): boolean {
    if (renewed === undefined || renewed.customerId !== this.#signedIn?.customerId) return false;
    if (renewal < this.#renewalInForce) return true;
    this.#renewalInForce = renewal;
    this.#signedIn = renewed;
    for (const subscriber of this.#operations?.values() ?? []) {
      if (!(subscriber instanceof SocketSubscriber)) continue;
      subscriber.holder = renewed;
      this.#options.liveQueries.renewed(subscriber);
    }
    return true;
  }

  async #subscribe(id: string, payload: SubscribePayload): Promise<void> {
    const signedIn = this.#signedIn;
    if (signedIn === undefined) {
      this.#close(CloseCode.Unauthorized, 'Unauthorized');
      return;
    }
    const operations = (this.#operations ??= new Map());
    if (operations.has(id)) {
      this.#close(
        CloseCode.SubscriberAlreadyExists,
        reasonOf(`Subscriber for ${id} already exists`, 'Subscriber already exists'),
      );
      return;
    }
    if (operations.size >= mostOperations) {
      const message = `A socket carries at most ${mostOperations} operations.`;
      this.#refuse(id, [problem('TOO_MANY_SUBSCRIPTIONS', message)]);
      return;
    }
    const request = requestIn(payload);
    const waitSeconds = this.#options.limits.take(this.#options.costOf(request), signedIn);
    if (waitSeconds !== undefined) {
      this.#refuse(id, [problem('RATE_LIMITED', rateLimited(waitSeconds))]);
      return;
    }
    // An operation says that somebody is there, as an open socket does not. If nobody may be, the next renewal ends it.
    signedIn.held?.authorization({ isActive: true }).catch(() => undefined);
    const accepted = this.#options.accept(request);
    if (accepted.kind === 'refused') {
      this.#refuse(id, accepted.errors);
      return;
    }
    const refusal = this.#options.places.subscribe(signedIn.customerId);
    if (refusal !== undefined) this.#refuse(id, [problem(refusal.code, refusal.message)]);
    else if (accepted.kind === 'live') this.#follow(id, accepted.live, signedIn);
    else await this.#execute(id, request, signedIn);
  }

  #follow(id: string, live: LiveRequest | StateRequest, signedIn: SignedIn): void {
    const subscriber = new SocketSubscriber(this, id, signedIn, this.#options.onTaken);
    this.#operations?.set(id, subscriber);
    this.#options.liveQueries.subscribe(live, subscriber);
  }

  async #execute(id: string, request: OperationRequest, { authorization }: SignedIn): Promise<void> {
    const controller = new AbortController();
    this.#operations?.set(id, controller);
    const answer = await this.#options.execute(request, authorization, controller.signal);
    // The id may have been given up meanwhile, and used again.
    if (this.#operations?.get(id) !== controller) return;
    this.#forget(id);
    this.#send(nextMessage(id, answer));
    this.#send(JSON.stringify({ id, type: MessageType.Complete }));
  }

  #complete(id: string): void {
    const operation = this.#operations?.get(id);
    this.#forget(id);
    if (operation !== undefined) this.#leave(operation);
  }

  #leave(operation: SocketSubscriber | AbortController): void {
    if (operation instanceof SocketSubscriber) this.#options.liveQueries.leave(operation);
    else operation.abort();
  }

  #forget(id: string): void {
    if (this.#operations?.delete(id) !== true || this.#signedIn === undefined) return;
    this.#options.places.unsubscribe(this.#signedIn.customerId);
  }

  /** The next event of a subscription. */
  next(id: string, payload: string): Promise<void> | undefined {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return undefined;
    const text = nextMessage(id, payload);
    const isSlow = socket.bufferedAmount >= slowBytes && socket.bufferedAmount <= mostBufferedBytes;
    if (isSlow) return new Promise((resolve) => socket.send(text, () => resolve()));
    this.#send(text);
    return undefined;
  }

  /**
   * A ping stands behind all that the client has to take yet, so that it is sent when there is room again. A socket that
   * closes takes none: it would call back at once while what is buffered stays, and who offers again would never stop.
   */
  room(): Promise<void> | undefined {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN || socket.bufferedAmount < slowBytes) return undefined;
    return (this.#room ??= new Promise((resolve) => {
      socket.ping(undefined, undefined, () => {
        this.#room = undefined;
        resolve();
      });
    }));
  }

  /** When all that was sent so far has arrived. */
  whenReceived(received: () => void): void {
    whenReceived(this.#socket, received);
  }

  end(id: string, errors: readonly GraphQLFormattedError[] | undefined): void {
    this.#forget(id);
    if (errors === undefined) this.#send(JSON.stringify({ id, type: MessageType.Complete }));
    else this.#refuse(id, errors);
  }

  #refuse(id: string, errors: readonly GraphQLFormattedError[]): void {
    this.#send(JSON.stringify({ id, type: MessageType.Error, payload: this.#options.identified(errors) }));
  }

  /** Who has signed in is given the time to take what was sent before, and holds a place of its own meanwhile. */
  #close(code: number, reason: string): void {
    if (this.#signedIn === undefined) closeAndCut(this.#socket, code, reason);
    else this.#socket.close(code, reason);
  }

  #send(text: string): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount <= mostBufferedBytes) {
      socket.send(text);
      return;
    }
    this.#options.onSlow();
    this.#close(tryAgainLater, 'Too slow: connect again and resume by the cursor');
    this.closed();
  }
}
