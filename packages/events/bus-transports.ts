// Which transport carries the bus, by the scheme of its URL. A test may register one of its own.
import type { Bus, BusLog } from './bus.ts';
import { openPostgresBus } from './postgres-bus.ts';
import { openRedisBus } from './redis-bus.ts';

export interface BusTransportOptions {
  readonly url: string;
  readonly log: BusLog;
}

export type OpenBus = (options: BusTransportOptions) => Promise<Bus>;

const transports = new Map<string, OpenBus>([
  ['postgres', openPostgresBus],
  ['postgresql', openPostgresBus],
  ['redis', openRedisBus],
  ['rediss', openRedisBus],
  ['redis+cluster', openRedisBus],
  ['rediss+cluster', openRedisBus],
]);

/** `scheme` without the colon. Replaces what was registered under it; the result takes it back. */
export function registerBusTransport(scheme: string, open: OpenBus): Disposable {
  const before = transports.get(scheme);
  transports.set(scheme, open);
  return {
    [Symbol.dispose]() {
      if (before === undefined) transports.delete(scheme);
      else transports.set(scheme, before);
    },
  };
}

/** Opens the bus by the transport that is registered for the URL's scheme. */
export async function openBus(options: BusTransportOptions): Promise<Bus> {
  // Not by `URL`: a cluster's names several hosts, which is no URL by its rules.
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(options.url)?.[1]?.toLowerCase() ?? '';
  const open = transports.get(scheme);
  if (open === undefined) {
    const known = [...transports.keys()].join(', ');
    throw new Error(`no transport for a bus URL that begins with "${scheme}:" (there are ${known})`);
  }
  return open(options);
}
