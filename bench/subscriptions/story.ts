// What all contestants serve: one schema, one subscription, and payloads of the same size.

export const schemaFile = new URL('./story.graphql', import.meta.url);

export const document = `subscription FollowOrder($orderId: ID!) {
  orderUpdated(orderId: $orderId) {
    sequence
    event
    order { id status instrument quantity filled averagePrice }
  }
}`;

export interface OrderUpdate {
  readonly sequence: number;
  readonly event: string;
  readonly order: object;
}

export function orderUpdate(orderId: string, sequence: number): OrderUpdate {
  return {
    sequence,
    event: 'OrderPartiallyFilled',
    order: {
      id: orderId,
      status: 'PARTIALLY_FILLED',
      instrument: 'NOVA',
      quantity: '100000',
      filled: String(sequence),
      averagePrice: '104.25',
    },
  };
}

/** Whether all connections follow one order, or each an order of its own. */
export type Sharing = 'shared' | 'own';

/** `run` tells the orders of one measurement from those of the others. */
export const orderOf = (run: string, connection: number | 'shared'): string => `ord-${run}-${connection}`;

/** In milliseconds since 1970, with fractions, so that processes of one machine can compare. */
export const now = (): number => performance.timeOrigin + performance.now();
