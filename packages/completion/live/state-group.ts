// Those who follow a state with equal document, variables and rights, and where each of them stands.
import type { StateRequest } from '../accept-operation.ts';
import type { LiveState } from './live-state.ts';
import { nameOf, type Subscriber } from './live-subscriber.ts';
import { News } from './news.ts';

/** A state of which a part failed is read again after this, then after twice as long, and so on. */
export const firstMendMs = 5_000;

export interface Standing {
  /** The digest of the state that it has; empty when it has none. */
  seen: string;
  /** The first read that checks the right to know also for it. */
  readonly since: number;
  /** The digest of the state that it gets when it has room. */
  due: string | undefined;
}

/** Those who share reads. */
export interface Group {
  readonly request: Omit<StateRequest, 'seen'>;
  readonly name: string;
  readonly subscribers: Map<Subscriber, Standing>;
  readonly controller: AbortController;
  readonly news: News;
  /** Reads that were begun; which of them was answered last. */
  reads: number;
  answered: number;
  /** The token of the newest read; undefined before the first. */
  reader: string | undefined;
  newest: LiveState | undefined;
  newestAt: number;
  /** When it reads without news, by the clock of Date.now. */
  pollAtMs: number;
  mendMs: number;
  timer: NodeJS.Timeout | undefined;
}

export function openGroup(name: string, request: Omit<StateRequest, 'seen'>): Group {
  const controller = new AbortController();
  return {
    request,
    name,
    subscribers: new Map(),
    controller,
    news: new News(controller.signal),
    reads: 0,
    answered: 0,
    reader: undefined,
    newest: undefined,
    newestAt: 0,
    pollAtMs: Infinity,
    mendMs: firstMendMs,
    timer: undefined,
  };
}

export function isPolled({ document }: Omit<StateRequest, 'seen'>): boolean {
  return document.live.state.pollMs !== undefined;
}

/** What everyone may see alike is shared whatever the rights are. */
export function groupName(request: Omit<StateRequest, 'seen'>, { holder }: Subscriber): string {
  return nameOf(request, request.document.isForEveryone ? 'everyone' : holder.rights);
}
