// Subscribers with equal document, variables and rights who have come equally far share one live query: one read, one
// check of their rights and one encoded payload for all of them. Who resumes further back catches up alone and is
// taken in by the others when level with them.
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { publicFault, unauthenticated } from '@simplebank/chassis';
import type { LiveRequest } from './accept-operation.ts';
import type { Changes } from './changes.ts';
import type { Cursors, Progress } from './cursor.ts';
import type { GatewayAnswer } from './gateway-client.ts';
import { liveQuery, type LiveEvent } from './live-query.ts';

export interface EncodedPayload {
  /** The payload as JSON. */
  readonly text: string;
  readonly cursor: string;
}

/** Who the events are for, as the newest token says. */
export interface Holder {
  readonly authorization: string;
  /** Equal for those who may see the same. */
  readonly rights: string;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

export interface Subscriber {
  readonly holder: Holder;
  /** A promise when the client is slow: resolved when it has taken the payload. Who is alone is waited for. */
  next(payload: EncodedPayload): Promise<void> | undefined;
  /** Nothing follows: the story has ended, or the errors say why not. */
  end(errors?: readonly GraphQLFormattedError[]): void;
}

export interface LiveRead {
  readonly field: string;
  readonly authorization: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The traceparents of the changes that it is made for. */
  readonly causes: readonly string[];
}

export interface LiveQueriesOptions {
  readonly changes: Changes;
  readonly cursors: Cursors;
  readonly ask: (read: LiveRead) => Promise<GatewayAnswer>;
  /** Told of each answer that is asked for again. */
  readonly onRetry: (code: string, field: string) => void;
  readonly onFault: (fault: unknown) => void;
}

/** Those who share one live query. */
interface Group {
  readonly request: Omit<LiveRequest, 'progress'>;
  /** Of all groups of the same request and rights, wherever they stand. */
  readonly name: string;
  /** How far all of them have come; undefined before the newest event. */
  progress: Progress | undefined;
  readonly subscribers: Set<Subscriber>;
  readonly controller: AbortController;
  /** Makes it read, as news do. */
  nudge: () => void;
  /** Lets it go on although a slow subscriber has not taken everything. */
  goOn: () => void;
}

export class LiveQueries {
  readonly #options: LiveQueriesOptions;
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<Subscriber, Group>();

  constructor(options: LiveQueriesOptions) {
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
      controller: new AbortController(),
      nudge() {},
      goOn() {},
    };
    this.#groups.set(keyOf(group), group);
    this.#join(group, subscriber);
    this.#run(group).catch((fault: unknown) => this.#endAll(group, [this.#publicError(fault)]));
  }

  /** Without another word to the subscriber. */
  leave(subscriber: Subscriber): void {
    const group = this.#groupOf.get(subscriber);
    this.#groupOf.delete(subscriber);
    group?.subscribers.delete(subscriber);
    if (group?.subscribers.size === 0) this.#stop(group);
  }

  /** Its token is a new one, and its rights may be others. */
  renewed(subscriber: Subscriber): void {
    const group = this.#groupOf.get(subscriber);
    if (group === undefined || nameOf(group.request, subscriber.holder.rights) === group.name) return;
    this.leave(subscriber);
    this.subscribe({ ...group.request, progress: group.progress }, subscriber);
  }

  /** Those whose tokens have run out are told so, also where nothing happens. */
  endExpired(): void {
    for (const group of this.#groups.values()) this.#endExpired(group);
  }

  async #run(group: Group): Promise<void> {
    const { signal } = group.controller;
    for await (const event of this.#eventsFor(group, signal)) {
      if (signal.aborted) return;
      const slow = this.#deliver(group, event);
      // Delivering may have ended the last of them, and the group with it.
      if (signal.aborted) return;
      this.#moveTo(group, event.progress);
      if (signal.aborted) return;
      if (slow !== undefined && group.subscribers.size === 1) {
        await Promise.race([slow, new Promise<void>((resolve) => (group.goOn = resolve))]);
      }
    }
    if (!signal.aborted) this.#endAll(group);
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
    let reader: Holder | undefined;
    for (const { holder } of group.subscribers) {
      if (reader === undefined || holder.expiresAtMs > reader.expiresAtMs) reader = holder;
    }
    // Nobody is left, and the group has been stopped.
    if (reader === undefined) return {};
    const { field } = group.request.document;
    return this.#options.ask({ ...read, field, authorization: reader.authorization });
  }

  /** Answers what the last one that was slow waits for. */
  #deliver(group: Group, { payload }: LiveEvent): Promise<void> | undefined {
    this.#endExpired(group);
    const encoded = { text: JSON.stringify(payload), cursor: payload.extensions.cursor };
    let slow: Promise<void> | undefined;
    for (const subscriber of group.subscribers) slow = subscriber.next(encoded) ?? slow;
    return slow;
  }

  #endExpired(group: Group): void {
    const now = Date.now();
    for (const subscriber of group.subscribers) {
      if (subscriber.holder.expiresAtMs > now) continue;
      this.leave(subscriber);
      subscriber.end([unauthenticated().toJSON()]);
    }
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
    this.#groupOf.set(subscriber, group);
    group.goOn();
  }

  #endAll(group: Group, errors?: readonly GraphQLFormattedError[]): void {
    const ended = [...group.subscribers];
    group.subscribers.clear();
    this.#stop(group);
    for (const subscriber of ended) {
      this.#groupOf.delete(subscriber);
      subscriber.end(errors);
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

  #publicError(fault: unknown): GraphQLFormattedError {
    if (fault instanceof GraphQLError) return fault.toJSON();
    this.#options.onFault(fault);
    const { code, message } = publicFault(fault);
    return { message, extensions: { code } };
  }
}

function nameOf({ document, variables, scope }: Omit<LiveRequest, 'progress'>, rights: string): string {
  // One left out is not the same as null: it takes its default.
  const used = [...document.variableNames].flatMap((name) =>
    variables[name] === undefined ? [] : [[name, variables[name]]],
  );
  return JSON.stringify([document.query, scope.field, scope.key, rights, used]);
}

function keyOf({ name, progress }: Pick<Group, 'name' | 'progress'>): string {
  if (progress === undefined) return `newest ${name}`;
  return `${progress.sequence}${progress.final ? ' final' : ''} ${name}`;
}
