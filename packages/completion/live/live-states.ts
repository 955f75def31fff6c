// Subscribers of states, such as an account or quotes: each gets the newest state that it does not have yet, and nothing
// in between. Those with equal document, variables and rights share one read and one encoded payload; a slow one is told
// of the newest when it can take it, so that nothing piles up for it and nobody waits for it.
import type { GraphQLFormattedError } from 'graphql';
import { problem, type StateRequest } from '../accept-operation.ts';
import { askPatiently, refusalOf } from './ask-patiently.ts';
import type { GatewayAnswer } from '../gateway-client.ts';
import { channelOf } from './live-field.ts';
import { hasState, stateOf, type LiveState } from './live-state.ts';
import {
  endExpired,
  endOfSession,
  errorOf,
  longestPollMs,
  pollPauseMs,
  readerOf,
  type LiveOptions,
  type Subscriber,
} from './live-subscriber.ts';
import { mostPolledStatesPerCustomer } from '../limits/live-limits.ts';
import { PolledStates } from './polled-states.ts';
import { firstMendMs, groupName, isPolled, openGroup, type Group, type Standing } from './state-group.ts';

/**
 * Reads of one state begin at least so far apart: an order has a dozen events within a second, and people see no more of
 * its account than the states between. The first change after a pause has no delay.
 */
const readsApartMs = 250;
/** A replica may be behind; what it says is passed over for so long, then its clock is to be believed. */
const passOverOlderMs = 5_000;

export interface LiveStatesOptions extends LiveOptions {
  /** A slow client will never get a state, since a newer one came before it could take it. */
  readonly onCoalesced: () => void;
  /** For tests. */
  readonly readsApartMs?: number;
}

export class LiveStates {
  readonly #options: LiveStatesOptions;
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<Subscriber, Group>();
  readonly #polled = new PolledStates();

  constructor(options: LiveStatesOptions) {
    this.#options = options;
  }

  /** States that are followed, each by any number of subscribers. */
  get running(): number {
    return this.#groups.size;
  }

  subscribe({ seen, ...request }: StateRequest, subscriber: Subscriber): void {
    const name = groupName(request, subscriber);
    if (isPolled(request) && !this.#polled.take(subscriber.holder.customerId, name)) {
      const message = `You follow ${mostPolledStatesPerCustomer} different lists here, which is all that may be.`;
      subscriber.end([problem('TOO_MANY_SUBSCRIPTIONS', message)]);
      return;
    }
    const known = this.#groups.get(name);
    const group = known ?? openGroup(name, request);
    group.subscribers.set(subscriber, { seen, since: group.reads + 1, due: undefined });
    this.#groupOf.set(subscriber, group);
    if (known !== undefined) return known.news.arrived();
    this.#groups.set(name, group);
    this.#start(group);
  }

  /** Without another word to the subscriber. */
  leave(subscriber: Subscriber): void {
    const group = this.#groupOf.get(subscriber);
    if (group === undefined) return;
    this.#groupOf.delete(subscriber);
    group.subscribers.delete(subscriber);
    if (isPolled(group.request)) this.#polled.giveBack(subscriber.holder.customerId, group.name);
    if (group.subscribers.size > 0) return;
    this.#groups.delete(group.name);
    group.controller.abort();
    clearTimeout(group.timer);
  }

  /** Its token is a new one, and its rights may be others. */
  renewed(subscriber: Subscriber): void {
    const group = this.#groupOf.get(subscriber);
    if (group === undefined || groupName(group.request, subscriber) === group.name) return;
    const seen = group.subscribers.get(subscriber)?.seen ?? '';
    this.leave(subscriber);
    this.subscribe({ ...group.request, seen }, subscriber);
  }

  /** For where nothing happens, every few seconds: tells whose token has run out, and reads what was not for long. */
  sweep(): void {
    const now = Date.now();
    for (const group of this.#groups.values()) {
      this.#endExpired(group);
      if (group.pollAtMs > now) continue;
      // Until it has read.
      group.pollAtMs = Infinity;
      group.news.arrived();
    }
  }

  /** Those of the session are told why. */
  endSession(sessionId: string, error: GraphQLFormattedError): void {
    endOfSession(this.#groupOf.keys(), sessionId, { error, leave: (subscriber) => this.leave(subscriber) });
  }

  #start(group: Group): void {
    const { onFault } = this.#options;
    this.#run(group).catch((fault: unknown) => this.#refuse(group, errorOf(fault, onFault)));
  }

  async #run(group: Group): Promise<void> {
    const { request, news } = group;
    const { signal } = group.controller;
    const source = request.document.live.state.news;
    // Listening begins before the first read: what happens in between is then read a second time, not missed.
    using _listening =
      source &&
      this.#options.changes.listen(channelOf(source), request.scope.key, (cause) => news.arrived(cause));
    while (!signal.aborted) {
      const nextReadAt = performance.now() + (this.#options.readsApartMs ?? readsApartMs);
      await this.#takeNext(group);
      if (!signal.aborted) await news.wait(nextReadAt);
    }
  }

  /** A frame of its own, which is gone, and the state with it, while news are waited for. */
  async #takeNext(group: Group): Promise<void> {
    const state = await this.#read(group);
    if (state === undefined) return;
    this.#planNext(group, state);
    this.#show(group, state);
  }

  /** Undefined when nobody is left. Throws GraphQLError when it is refused. */
  async #read(group: Group): Promise<LiveState | undefined> {
    const { request, controller, news } = group;
    const { document, variables } = request;
    const { signal } = controller;
    const causes = news.causes();
    const used = Object.entries(variables).filter(([name]) => document.variableNames.has(name));
    const answer = await askPatiently({
      ask: () => this.#ask(group, Object.fromEntries(used), causes),
      isAnswer: (given) => hasState(given, document),
      onRetry: (code) => this.#options.onRetry(code, document.field),
      signal,
    });
    if (signal.aborted) return undefined;
    if (!hasState(answer, document)) throw refusalOf(answer);
    return stateOf(answer, { ...request, cursors: this.#options.cursors });
  }

  async #ask(
    group: Group,
    variables: Readonly<Record<string, unknown>>,
    causes: readonly string[],
  ): Promise<GatewayAnswer> {
    this.#endExpired(group);
    const reader = readerOf(group.subscribers.keys());
    // Nobody is left, and the group has been stopped.
    if (reader === undefined) return {};
    const { authorization } = reader;
    const { field, query } = group.request.document;
    group.reads += 1;
    group.reader = authorization;
    const { signal } = group.controller;
    return this.#options.ask({ field, authorization, query, variables, causes, signal, isFresh: true });
  }

  #planNext(group: Group, { isBroken }: LiveState): void {
    const { pollMs } = group.request.document.live.state;
    if (pollMs !== undefined) {
      clearTimeout(group.timer);
      group.timer = setTimeout(() => group.news.arrived(), this.#polled.pauseMs(pollMs));
      return;
    }
    const pauseMs = isBroken ? group.mendMs : pollPauseMs();
    group.mendMs = isBroken ? Math.min(2 * group.mendMs, longestPollMs) : firstMendMs;
    group.pollAtMs = Date.now() + pauseMs;
  }

  #show(group: Group, state: LiveState): void {
    this.#endExpired(group);
    group.answered = group.reads;
    const now = performance.now();
    const { newest, newestAt } = group;
    const isOlder = (state.version ?? 0) < (newest?.version ?? 0) && now - newestAt < passOverOlderMs;
    if (!isOlder) {
      group.newest = state;
      group.newestAt = now;
    }
    let isAwaited = false;
    for (const [subscriber, standing] of group.subscribers) {
      this.#offer(group, subscriber, standing);
      isAwaited ||= standing.due !== undefined;
    }
    // Everybody has it, and who comes is read for: a quiet state keeps no text. A version may have to be shown again.
    if (!isAwaited && state.version === undefined) group.newest = undefined;
  }

  /** What it does not have yet, now or when it has room. */
  #offer(group: Group, subscriber: Subscriber, standing: Standing): void {
    const { newest } = group;
    if (newest === undefined || standing.since > group.answered) return;
    const { digest, payload } = newest;
    if (standing.due !== undefined) {
      if (standing.due !== digest) this.#options.onCoalesced();
      standing.due = digest;
      return;
    }
    if (standing.seen === digest) return;
    const room = subscriber.room();
    if (room === undefined) {
      standing.seen = digest;
      void subscriber.next(payload);
      return;
    }
    standing.due = digest;
    void room.then(() => {
      standing.due = undefined;
      if (group.subscribers.get(subscriber) === standing) this.#offer(group, subscriber, standing);
    });
  }

  #endExpired(group: Group): void {
    endExpired(group.subscribers.keys(), (subscriber) => this.leave(subscriber));
  }

  /** Ends those whom it concerns: a refused token its holders, anything else who was there. It is read again for others. */
  #refuse(group: Group, error: GraphQLFormattedError): void {
    const { reader, reads } = group;
    const isOfToken = error.extensions?.['code'] === 'UNAUTHENTICATED';
    for (const [subscriber, { since }] of group.subscribers) {
      const isConcerned = isOfToken ? subscriber.holder.authorization === reader : since <= reads;
      if (reader !== undefined && !isConcerned) continue;
      this.leave(subscriber);
      subscriber.end([error]);
    }
    group.reader = undefined;
    if (group.subscribers.size > 0) this.#start(group);
  }
}
