// Subscribers with equal document, variables and rights who have come equally far share one live query: one read, one
// check of their rights and one encoded payload for all of them. Who resumes further back catches up alone and is
// taken in by the others when level with them.
import type { GraphQLFormattedError } from 'graphql';
import type { LiveRequest } from '../accept-operation.ts';
import type { Progress } from './cursor.ts';
import type { GatewayAnswer } from '../gateway-client.ts';
import { liveQuery, type LiveEvent } from './live-query.ts';
import {
  endExpired,
  endOfSession,
  errorOf,
  nameOf,
  pollPauseMs,
  readerOf,
  type EncodedPayload,
  type LiveOptions,
  type LiveRead,
  type Subscriber,
} from './live-subscriber.ts';

/** Those who share one live query. */
interface Group {
  readonly request: Omit<LiveRequest, 'progress'>;
  /** Of all groups of the same request and rights, wherever they stand. */
  readonly name: string;
  /** How far all of them have come; undefined before the newest event. */
  progress: Progress | undefined;
  readonly subscribers: Set<Subscriber>;
  /** Who came after the newest read had begun: its answer is not about them. */
  readonly newcomers: Set<Subscriber>;
  /** The token of the newest read; undefined before the first. */
  reader: string | undefined;
  readonly controller: AbortController;
  /** When it reads without a hint, by the clock of Date.now. */
  pollAtMs: number;
  /** Makes it read, as news do. */
  nudge: () => void;
  /** Lets it go on although a slow subscriber has not taken everything. */
  goOn: () => void;
}

export class LiveQueries {
  readonly #options: LiveOptions;
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<Subscriber, Group>();

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** Live queries under way, each for any number of subscribers. */
  get running(): number {
    return this.#groups.size;
  }

  subscribe({ progress, ...request }: LiveRequest, subscriber: Subscriber): void {
    const name = nameOf(request, subscriber.holder.rights);
    const known = this.#groups.get(keyOf({ name, progress }));
    if (known !== undefined) {
      this.#join(known, subscriber);
      // Rights are checked anew, and what has happened meanwhile comes at once.
      known.nudge();
      return;
    }
    const group: Group = {
      request,
      name,
      progress,
      subscribers: new Set(),
      newcomers: new Set(),
      reader: undefined,
      controller: new AbortController(),
      pollAtMs: Infinity,
      nudge() {},
      goOn() {},
    };
    this.#groups.set(keyOf(group), group);
    this.#join(group, subscriber);
    this.#start(group);
  }

  /** Without another word to the subscriber. */
  leave(subscriber: Subscriber): void {
    const group = this.#groupOf.get(subscriber);
    this.#groupOf.delete(subscriber);
    group?.subscribers.delete(subscriber);
    group?.newcomers.delete(subscriber);
    if (group?.subscribers.size === 0) this.#stop(group);
  }

  /** Its token is a new one, and its rights may be others. */
  renewed(subscriber: Subscriber): void {
    const group = this.#groupOf.get(subscriber);
    if (group === undefined || nameOf(group.request, subscriber.holder.rights) === group.name) return;
    this.leave(subscriber);
    this.subscribe({ ...group.request, progress: group.progress }, subscriber);
  }

  /** For where nothing happens, every few seconds: tells whose token has run out, and reads what was not for long. */
  sweep(): void {
    const now = Date.now();
    for (const group of this.#groups.values()) {
      this.#endExpired(group);
      if (group.pollAtMs > now) continue;
      // Until it has read.
      group.pollAtMs = Infinity;
      group.nudge();
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

  /** Ends those whom it concerns: a refused token its holders, anything else who was there. It is read again for others. */
  #refuse(group: Group, error: GraphQLFormattedError): void {
    const { reader, newcomers } = group;
    const isOfToken = error.extensions?.['code'] === 'UNAUTHENTICATED';
    const concerns = (subscriber: Subscriber): boolean =>
      reader === undefined ||
      (isOfToken ? subscriber.holder.authorization === reader : !newcomers.has(subscriber));
    for (const subscriber of [...group.subscribers].filter(concerns)) {
      this.leave(subscriber);
      subscriber.end([error]);
    }
    group.reader = undefined;
    if (group.subscribers.size > 0) this.#start(group);
  }

  async #run(group: Group): Promise<void> {
    const { signal } = group.controller;
    const events = this.#eventsFor(group, signal);
    try {
      while (await this.#takeNext(group, events));
    } finally {
      await events.return();
    }
    if (!signal.aborted) this.#endAll(group);
  }

  /** False at the end. A frame of its own, which is gone while the next event is waited for. */
  async #takeNext(group: Group, events: AsyncGenerator<LiveEvent, void, void>): Promise<boolean> {
    const { signal } = group.controller;
    const { value: event } = await events.next();
    if (event === undefined || signal.aborted) return false;
    const slow = this.#deliver(group, event);
    // Delivering may have ended the last of them, and the group with it.
    if (!signal.aborted) this.#moveTo(group, event.progress);
    if (slow !== undefined && !signal.aborted && group.subscribers.size === 1) {
      await Promise.race([slow, new Promise<void>((resolve) => (group.goOn = resolve))]);
    }
    return !signal.aborted;
  }

  #eventsFor(group: Group, signal: AbortSignal): AsyncGenerator<LiveEvent, void, void> {
    const { changes, cursors, onRetry } = this.#options;
    const { request } = group;
    return liveQuery({
      ...request,
      progress: group.progress,
      cursors,
      changes: {
        listen(stream, key, onChange) {
          group.nudge = onChange;
          return changes.listen(stream, key, onChange);
        },
      },
      ask: (query, variables, causes) => this.#ask(group, { query, variables, causes }),
      onRetry: (code) => onRetry(code, request.document.field),
      signal,
    });
  }

  /** In the name of the one whose token lives longest; those whose tokens have run out are told so. */
  async #ask(group: Group, read: Pick<LiveRead, 'query' | 'variables' | 'causes'>): Promise<GatewayAnswer> {
    this.#endExpired(group);
    const reader = readerOf(group.subscribers);
    // Nobody is left, and the group has been stopped.
    if (reader === undefined) return {};
    group.newcomers.clear();
    group.reader = reader.authorization;
    group.pollAtMs = Date.now() + pollPauseMs();
    const { field } = group.request.document;
    const { signal } = group.controller;
    // It is made for a hint as a rule, and an equal read of another process may have begun before the hint's change: its
    // answer would use the news up and not show it.
    return this.#options.ask({ ...read, field, authorization: reader.authorization, signal, isFresh: true });
  }

  /** Answers what the last one that was slow waits for. */
  #deliver(group: Group, { payload, progress }: LiveEvent): Promise<void> | undefined {
    this.#endExpired(group);
    const encoded: EncodedPayload = {
      text: JSON.stringify(payload),
      cursor: payload.extensions.cursor,
      ...(progress.final ? { endOf: group.request.scope } : {}),
    };
    let slow: Promise<void> | undefined;
    for (const subscriber of group.subscribers) slow = subscriber.next(encoded) ?? slow;
    return slow;
  }

  #endExpired(group: Group): void {
    endExpired(group.subscribers, (subscriber) => this.leave(subscriber));
  }

  /** Whoever stands at the new place already takes the group in. */
  #moveTo(group: Group, progress: Progress): void {
    this.#forget(group);
    group.progress = progress;
    const other = this.#groups.get(keyOf(group));
    if (other === undefined) {
      this.#groups.set(keyOf(group), group);
      return;
    }
    const moved = [...group.subscribers];
    group.subscribers.clear();
    group.controller.abort();
    for (const subscriber of moved) this.#join(other, subscriber);
    // What the group has read beyond this place is read again.
    other.nudge();
  }

  #join(group: Group, subscriber: Subscriber): void {
    group.subscribers.add(subscriber);
    group.newcomers.add(subscriber);
    this.#groupOf.set(subscriber, group);
    group.goOn();
  }

  #endAll(group: Group): void {
    const ended = [...group.subscribers];
    group.subscribers.clear();
    this.#stop(group);
    for (const subscriber of ended) {
      this.#groupOf.delete(subscriber);
      subscriber.end();
    }
  }

  #stop(group: Group): void {
    this.#forget(group);
    group.controller.abort();
    group.goOn();
  }

  #forget(group: Group): void {
    const key = keyOf(group);
    if (this.#groups.get(key) === group) this.#groups.delete(key);
  }
}

function keyOf({ name, progress }: Pick<Group, 'name' | 'progress'>): string {
  if (progress === undefined) return `newest ${name}`;
  return `${progress.sequence}${progress.final ? ' final' : ''} ${name}`;
}
