// An order's own log as a polling client reads it, page by page: the truth that subscribers' stories are held against.
import type { HeardEvent } from './heard-events.fixture.ts';

export const updatesQuery = `query Updates($id: ID!, $after: Int, $first: Int!) {
  orderUpdates(orderId: $id, afterSequence: $after, first: $first) { final event { id sequence type occurredAt } }
}`;

interface LoggedEvent extends HeardEvent {
  readonly occurredAt: string;
}

interface Updates {
  readonly orderUpdates: { final: boolean; event: LoggedEvent }[];
}

/** Who may read the order: a client, or a session that asks again what failed for a passing reason. */
interface LogReader {
  data<Data>(query: string, variables: Record<string, unknown>): Promise<Data>;
}

export async function polledLog(client: LogReader, orderId: string, pageSize = 100): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (;;) {
    const variables = { id: orderId, after: events.at(-1)?.sequence ?? 0, first: pageSize };
    const { orderUpdates } = await client.data<Updates>(updatesQuery, variables);
    events.push(...orderUpdates.map(({ event }) => event));
    if (orderUpdates.length === 0 || orderUpdates.at(-1)?.final === true) return events;
  }
}
