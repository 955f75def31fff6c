// The architecture as code: which services exist, what each needs, and on which port it listens.
// `deploy/embedded-bank.ts` wires it into one process. A test holds it against the code (e2e/topology.test.ts).

export interface ServiceDescription {
  /** What it is, in a few words: this is the README's table. */
  readonly what: string;
  /** Default port; `PORT_<NAME>` in the environment sets another. */
  readonly port: number;
  /** The module whose `start` brings it up. */
  readonly main: string;
  /** Clients reach it from outside: its replicas answer at one address. */
  readonly edge?: boolean;
  /** Sends requests over HTTPS to servers of others, outside the bank. */
  readonly outbound?: boolean;
  /** Has a Postgres database and role of its own. */
  readonly database: boolean;
  /** Contributes `schema.graphql` to the supergraph. */
  readonly subgraph: boolean;
  /** Services whose HTTP endpoints it calls. */
  readonly calls: readonly string[];
  /** Services that its audit program asks, apart from the service itself. */
  readonly audits?: readonly string[];
  /** The event stream that it publishes, through its outbox. */
  readonly publishes?: string;
  /** Streams of which its replicas share the events, each once. */
  readonly works?: readonly string[];
  /** Streams of which every process gets all events. */
  readonly follows?: readonly string[];
}

export const services = {
  identity: {
    what: 'development OpenID provider: signs customers in, and their tokens',
    port: 4200,
    main: './identity/main.ts',
    edge: true,
    database: true,
    subgraph: false,
    calls: ['customers'],
    publishes: 'sessions',
  },
  customers: {
    what: 'customers, their accounts, and who may act on which',
    port: 4001,
    main: './subgraphs/customers/main.ts',
    database: true,
    subgraph: true,
    calls: ['identity'],
  },
  accounts: {
    what: 'the double-entry ledger: positions, cash, entries',
    port: 4002,
    main: './subgraphs/accounts/main.ts',
    database: true,
    subgraph: true,
    calls: ['identity'],
    audits: ['orders', 'market', 'fees'],
  },
  orders: {
    what: 'orders: events, state machine, the placing saga',
    port: 4003,
    main: './subgraphs/orders/main.ts',
    database: true,
    subgraph: true,
    calls: ['identity', 'customers', 'accounts', 'market', 'fees'],
    publishes: 'orders',
    works: ['market'],
  },
  market: {
    what: 'instruments, quotes, executions; routes orders to the exchange over FIX',
    port: 4004,
    main: './subgraphs/market/main.ts',
    database: true,
    subgraph: true,
    calls: ['identity', 'exchange'],
    publishes: 'market',
  },
  fees: {
    what: 'dated fee schedules and what each execution was charged',
    port: 4005,
    main: './subgraphs/fees/main.ts',
    database: true,
    subgraph: true,
    calls: ['identity'],
  },
  notifications: {
    what: "the customer's inbox; it only listens",
    port: 4008,
    main: './subgraphs/notifications/main.ts',
    database: true,
    subgraph: true,
    calls: ['identity'],
    works: ['orders'],
  },
  gateway: {
    what: 'the supergraph gateway: one graph out of all subgraphs',
    port: 4000,
    main: './gateway/main.ts',
    database: false,
    subgraph: false,
    calls: ['identity', 'customers', 'accounts', 'orders', 'market', 'fees', 'notifications'],
  },
  'bff-web': {
    what: 'backend for the web application: queries, mutations, live feeds',
    port: 3000,
    main: './bff-web/main.ts',
    edge: true,
    database: true,
    subgraph: false,
    calls: ['identity', 'gateway'],
    follows: ['orders', 'sessions'],
  },
  'bff-mobile': {
    what: 'backend for the mobile application: queries, mutations, live feeds',
    port: 3100,
    main: './bff-mobile/main.ts',
    edge: true,
    // Push services.
    outbound: true,
    database: true,
    subgraph: false,
    calls: ['identity', 'gateway'],
    works: ['orders', 'sessions'],
    follows: ['orders', 'sessions'],
  },
} as const satisfies Record<string, ServiceDescription>;

export type ServiceName = keyof typeof services;

/** What runs beside the services: outside parties and infrastructure, each a process of its own. */
export const outside = {
  exchange: { what: 'simulated stock exchange, reached only over FIX 4.4', port: 4100, controlPort: 4101 },
  postgres: { what: 'embedded PostgreSQL 18, one database and role a service', port: 4300 },
} as const;
