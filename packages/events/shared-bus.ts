// The bus of this process: services that run in one process share one, and with it its few connections.
import type { ServiceHost } from '@simplebank/chassis';
import type { Bus } from './bus.ts';
import { openBus } from './bus-transports.ts';

interface SharedBus {
  readonly bus: Promise<Bus>;
  users: number;
}

const deadLettersGauge = 'bus_dead_letters';
const shared = new Map<string, SharedBus>();

/** The bus at the host's bus URL; it closes when the last service that asked for it has stopped. */
export async function busOf(host: ServiceHost): Promise<Bus> {
  const url = host.busUrl;
  if (url === undefined) throw new Error(`${host.name} has no bus in its wiring`);
  let entry = shared.get(url);
  if (entry === undefined) {
    entry = { bus: openBus({ url, log: host.logOf('bus') }), users: 0 };
    shared.set(url, entry);
    // A bus that could not be opened is tried again by whoever asks next.
    entry.bus.catch(() => shared.delete(url));
  }
  const mine = entry;
  mine.users += 1;
  host.onStop(async () => {
    mine.users -= 1;
    if (mine.users > 0) return;
    if (shared.get(url) === mine) shared.delete(url);
    // One that never opened has been told of at the start.
    await (await mine.bus.catch(() => undefined))?.close();
  });
  const bus = await mine.bus;
  gaugeDeadLetters(host, bus);
  return bus;
}

/** Each user of the bus says the same of all groups, so that the figure outlives every one of them. */
function gaugeDeadLetters({ metrics }: ServiceHost, bus: Bus): void {
  if (metrics.registry.getSingleMetric(deadLettersGauge) !== undefined) return;
  metrics.gauge(deadLettersGauge, 'Events that a group could not handle, and those parked behind them.', {
    label: 'group',
    read: () => bus.deadLetterCounts(),
  });
}
