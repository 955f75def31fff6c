// Changes of the bank's own schema, each an edit of one subgraph: those that break published clients, with the
// operations they break, and those that break nobody. Published versions never change, so the lists stay true.
const orders = 'orders';

export interface SeededChange {
  readonly title: string;
  readonly subgraph: string;
  readonly from: string;
  readonly to: string;
}

export interface BreakingChange extends SeededChange {
  readonly breaks: readonly string[];
}

const orderScreens = [
  'bff-mobile 1.0.0: OrderScreen',
  'bff-mobile 1.1.0: OrderScreen',
  'bff-mobile 1.2.0: OrderScreen',
  'bff-web 1.0.0: OrderScreen',
];
const placings = [
  'bff-mobile 1.0.0: PlaceOrder',
  'bff-mobile 1.1.0: PlaceOrder',
  'bff-mobile 1.2.0: PlaceOrder',
  'bff-web 1.0.0: PlaceOrder',
  'bff-web 1.0.0: PreviewOrder',
];
const inboxes = ['bff-mobile 1.1.0: Inbox', 'bff-mobile 1.2.0: Inbox', 'bff-web 1.0.0: Inbox'];
const cancels = [
  'bff-mobile 1.1.0: CancelOrder',
  'bff-mobile 1.2.0: CancelOrder',
  'bff-web 1.0.0: CancelOrder',
];
const follows = [
  'bff-mobile 1.0.0: FollowOrder',
  'bff-mobile 1.1.0: FollowOrder',
  'bff-mobile 1.2.0: FollowOrder',
  'bff-web 1.0.0: FollowOrder',
];
const homes = ['bff-mobile 1.0.0: Home', 'bff-mobile 1.1.0: Home', 'bff-mobile 1.2.0: Home'];

const limitPriceOfInput = `  "Needed for LIMIT and refused for MARKET; a multiple of the instrument's tick size."
  limitPrice: Decimal
`;

export const breakingChanges: readonly BreakingChange[] = [
  {
    title: 'a field is removed',
    subgraph: orders,
    from: '  "Why the newest cancel was refused."\n  cancelRejection: Rejection\n',
    to: '',
    breaks: ['bff-web 1.0.0: OrderScreen'],
  },
  {
    title: 'a field answers another type',
    subgraph: orders,
    from: 'completedAt: DateTime',
    to: 'completedAt: Int',
    breaks: ['bff-mobile 1.2.0: OrderScreen', 'bff-web 1.0.0: OrderScreen'],
  },
  {
    title: 'a field may be null that never was',
    subgraph: orders,
    from: 'canceled: Decimal!',
    to: 'canceled: Decimal',
    breaks: ['bff-web 1.0.0: OrderHistory', 'bff-web 1.0.0: OrderScreen'],
  },
  {
    title: 'a list may be null that one mobile operation shows',
    subgraph: 'customers',
    from: 'accounts: [Account!]!',
    to: 'accounts: [Account!]',
    breaks: homes,
  },
  {
    title: 'an argument is removed',
    subgraph: 'notifications',
    from: 'notifications(first: Int! = 20, after: String)',
    to: 'notifications(first: Int! = 20)',
    breaks: ['bff-web 1.0.0: Inbox'],
  },
  {
    title: 'an argument has to be given',
    subgraph: orders,
    from: '  order(id: ID!): Order\n',
    to: '  order(id: ID!, version: Int!): Order\n',
    breaks: orderScreens,
  },
  {
    title: 'an argument takes another type',
    subgraph: orders,
    from: '  order(id: ID!): Order\n',
    to: '  order(id: Int!): Order\n',
    breaks: orderScreens,
  },
  {
    title: 'an enum value is removed that variables may carry and an answer shows',
    subgraph: orders,
    from: '  "Immediate or cancel: what is not filled at once is canceled."\n  IOC\n',
    to: '',
    breaks: [...placings, 'bff-web 1.0.0: OrderScreen'],
  },
  {
    title: 'an enum value is removed that answers show',
    subgraph: 'accounts',
    from: '  OPENING\n',
    to: '',
    breaks: ['bff-web 1.0.0: Account', 'bff-web 1.0.0: OrderScreen'],
  },
  {
    title: 'an input field is removed',
    subgraph: orders,
    from: limitPriceOfInput,
    to: '',
    breaks: placings,
  },
  {
    title: 'an input field has to be given that could be left out',
    subgraph: orders,
    from: limitPriceOfInput,
    to: '  limitPrice: Decimal!\n',
    breaks: placings,
  },
  {
    title: 'an input has a new field that has to be given',
    subgraph: orders,
    from: 'input CancelOrderInput {',
    to: 'input CancelOrderInput {\n  reason: String!',
    breaks: cancels,
  },
  {
    title: 'a type needs a scope that callers need not have held',
    subgraph: 'accounts',
    from: 'type LedgerEntry @key(fields: "id") @requiresScopes(scopes: [["accounts:read"]])',
    to: 'type LedgerEntry @key(fields: "id") @requiresScopes(scopes: [["ledger:read"]])',
    breaks: ['bff-web 1.0.0: Account', 'bff-web 1.0.0: OrderScreen'],
  },
  {
    title: 'a mutation needs one scope more',
    subgraph: orders,
    from: 'placeOrder(input: PlaceOrderInput!): PlaceOrderPayload!\n    @requiresScopes(scopes: [["orders:read", "orders:write"]])',
    to: 'placeOrder(input: PlaceOrderInput!): PlaceOrderPayload!\n    @requiresScopes(scopes: [["orders:read", "orders:write", "trade"]])',
    breaks: placings.filter((name) => name.endsWith('PlaceOrder')),
  },
  {
    title: 'the query twin of a subscription loses an argument',
    subgraph: orders,
    from: 'orderUpdates(orderId: ID!, afterSequence: Int, first: Int! = 100)',
    to: 'orderUpdates(orderId: ID!, first: Int! = 100)',
    breaks: follows,
  },
  {
    title: 'what an inbox holds has another name',
    subgraph: 'notifications',
    from: '  createdAt: DateTime!\n',
    to: '  receivedAt: DateTime!\n',
    breaks: inboxes,
  },
];

export const harmlessChanges: readonly SeededChange[] = [
  {
    title: 'a field is added',
    subgraph: orders,
    from: '  leaves: Decimal!\n',
    to: '  leaves: Decimal!\n  note: String\n',
  },
  {
    title: 'a field is added that only a new scope shows',
    subgraph: orders,
    from: '  leaves: Decimal!\n',
    to: '  leaves: Decimal!\n  note: String @requiresScopes(scopes: [["notes:read"]])\n',
  },
  {
    title: 'an argument is added that may be left out',
    subgraph: orders,
    from: '  order(id: ID!): Order\n',
    to: '  order(id: ID!, version: Int): Order\n',
  },
  {
    title: 'an argument is added that has a default',
    subgraph: orders,
    from: '  order(id: ID!): Order\n',
    to: '  order(id: ID!, version: Int! = 1): Order\n',
  },
  {
    title: 'an input field is added that may be left out',
    subgraph: orders,
    from: 'input CancelOrderInput {',
    to: 'input CancelOrderInput {\n  reason: String',
  },
  {
    title: 'an input field may be left out that had to be given',
    subgraph: orders,
    from: 'input CancelOrderInput {\n  orderId: ID!',
    to: 'input CancelOrderInput {\n  orderId: ID',
  },
  {
    title: 'a field is never null that could be',
    subgraph: orders,
    from: 'completedAt: DateTime',
    to: 'completedAt: DateTime!',
  },
  {
    title: 'a field is deprecated',
    subgraph: orders,
    from: '  leaves: Decimal!\n',
    to: '  leaves: Decimal! @deprecated(reason: "quantity less cumulative")\n',
  },
  {
    title: 'a description is another',
    subgraph: orders,
    from: '"Still open at the exchange."',
    to: '"What the exchange still works on."',
  },
  {
    title: 'a field that nobody asks for is removed',
    subgraph: 'fees',
    from: '  chargedAt: DateTime!\n',
    to: '',
  },
  {
    title: 'a field that nobody asks for answers another type',
    subgraph: orders,
    from: '  attempts: Int!\n',
    to: '  attempts: String\n',
  },
  {
    title: 'a type needs the scope that every way to it needs already',
    subgraph: orders,
    from: 'type Rejection {',
    to: 'type Rejection @requiresScopes(scopes: [["orders:read"]]) {',
  },
  {
    title: 'a mutation needs one scope less',
    subgraph: orders,
    from: 'cancelOrder(input: CancelOrderInput!): CancelOrderPayload!\n    @requiresScopes(scopes: [["orders:read", "orders:write"]])',
    to: 'cancelOrder(input: CancelOrderInput!): CancelOrderPayload!\n    @requiresScopes(scopes: [["orders:write"]])',
  },
];
