// The subscriptions that the web application uses, each with the query twin that answers the same type.
import type { LiveField } from '@simplebank/completion';

export const liveFields: Readonly<Record<string, LiveField>> = {
  orderUpdated: { twin: 'orderUpdates', key: 'orderId', stream: 'orders' },
};
