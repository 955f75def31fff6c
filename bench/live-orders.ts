// One customer's live orders: a bounded number of WebSockets, many subscriptions on each, as an application that
// shows a trader's orders would hold them.
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';

/** The BFF carries so many on one socket. */
const mostPerSocket = 100;
const mostSocketsPerCustomer = 6;

const orderSubscription = /* GraphQL */ `
  subscription Order($id: ID!, $after: String) {
    orderUpdated(orderId: $id, after: $after) {
      event {
        sequence
        type
        occurredAt
      }
      order {
        status
        outcome
        rejection {
          code
        }
      }
    }
  }
`;

export interface OrderUpdate {
  readonly event: { readonly sequence: number; readonly type: string; readonly occurredAt: string };
  readonly order: {
    readonly status: string;
    readonly outcome: string | null;
    readonly rejection: { readonly code: string } | null;
  };
}

export interface OrderListener {
  onUpdate(update: OrderUpdate): void;
  /** The subscription is over; with a code when it did not come to its own end. */
  onEnd(code?: string): void;
}

export interface LiveOrders {
  follow(orderId: string, listener: OrderListener): void;
  close(): Promise<void>;
}

interface Socket {
  readonly client: Client;
  subscriptions: number;
}

interface Answer {
  readonly data?: { readonly orderUpdated: OrderUpdate } | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

/** Without permessage-deflate, as the server has it too. */
class PlainWebSocket extends WebSocket {
  constructor(url: string, protocols: string) {
    super(url, protocols, { perMessageDeflate: false });
  }
}

export function liveOrders(bffWebUrls: readonly string[], token: string): LiveOrders {
  const sockets: Socket[] = [];

  function open(): Socket {
    const bff = bffWebUrls[sockets.length % bffWebUrls.length] ?? '';
    const client = createClient({
      url: `${bff.replace('http', 'ws')}/graphql`,
      webSocketImpl: PlainWebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      lazy: false,
      retryAttempts: 0,
      // What breaks is told to each subscription.
      onNonLazyError: () => undefined,
    });
    const socket = { client, subscriptions: 0 };
    sockets.push(socket);
    return socket;
  }

  // One for each replica from the start; more only when these are full.
  for (const _ of bffWebUrls) open();

  return {
    follow(orderId, listener) {
      const quietest = sockets.toSorted((a, b) => a.subscriptions - b.subscriptions)[0];
      let socket = quietest;
      if (socket === undefined || socket.subscriptions >= mostPerSocket) {
        if (sockets.length >= mostSocketsPerCustomer) return listener.onEnd('CLIENT_SOCKETS_FULL');
        socket = open();
      }
      const taken = socket;
      taken.subscriptions += 1;
      let code: string | undefined;
      const end = () => {
        taken.subscriptions -= 1;
        listener.onEnd(code);
      };
      taken.client.subscribe<Answer['data'] & Record<string, unknown>>(
        // "0" begins at the order's first event, however far it has come by now.
        { query: orderSubscription, variables: { id: orderId, after: '0' } },
        {
          next(answer) {
            const { data, errors } = answer as Answer;
            if (data == null) code = errors?.[0]?.extensions?.code ?? 'SUBSCRIPTION_FAILED';
            else listener.onUpdate(data.orderUpdated);
          },
          error(fault) {
            const [first] = Array.isArray(fault) ? (fault as Answer['errors'] & object) : [];
            code = first?.extensions?.code ?? 'CLIENT_SOCKET_LOST';
            end();
          },
          complete: end,
        },
      );
    },
    async close() {
      await Promise.all(sockets.map(({ client }) => client.dispose()));
    },
  };
}
