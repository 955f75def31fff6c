// Every public error code with the message a person reads. docs/errors.md explains each; a test holds the
// two together. A code never changes its meaning.

/** Whether the same request may succeed when sent again: never, after a change by the caller, or later. */
export type Retry = 'never' | 'changed' | 'later';

export const errorCodes = {
  // Who is asking
  UNAUTHENTICATED: {
    retry: 'changed',
    message: 'Sign in: the access token is missing, expired or not valid.',
  },
  SESSION_ENDED: { retry: 'changed', message: 'The session has ended; sign in again.' },
  SESSION_NOT_FOUND: { retry: 'never', message: 'You have no such session.' },
  FORBIDDEN: { retry: 'never', message: 'You may not see or do this.' },
  UNAUTHORIZED_FIELD_OR_TYPE: { retry: 'changed', message: 'The access token does not reach so far.' },
  SIGN_IN_FAILED: { retry: 'changed', message: 'User name or password is wrong.' },
  SIGN_IN_THROTTLED: { retry: 'later', message: 'Too many wrong passwords for this user name.' },

  // The request itself
  GRAPHQL_PARSE_FAILED: { retry: 'changed', message: 'The document is not valid GraphQL.' },
  GRAPHQL_VALIDATION_FAILED: { retry: 'changed', message: 'The document does not fit the schema.' },
  BAD_USER_INPUT: { retry: 'changed', message: 'A variable does not fit its type.' },
  BAD_REQUEST: { retry: 'changed', message: 'The request is not understood.' },
  APP_VERSION_TOO_OLD: { retry: 'changed', message: 'This version of the application is too old.' },
  OPERATION_NOT_SUPPORTED: { retry: 'changed', message: 'This kind of operation is not served here.' },
  BODY_TOO_LARGE: { retry: 'changed', message: 'The request is larger than this server takes.' },
  QUERY_TOO_COMPLEX: { retry: 'changed', message: 'The document asks for too much at once.' },
  RATE_LIMITED: { retry: 'later', message: 'You ask for too much in too short a time.' },
  ORIGIN_REFUSED: { retry: 'never', message: 'Pages of this origin may not ask here.' },
  CSRF_REFUSED: { retry: 'changed', message: 'A browser could have sent this from any page.' },
  PERSISTED_QUERY_NOT_FOUND: { retry: 'changed', message: 'The document of this hash is not known here.' },
  PERSISTED_QUERY_NOT_SUPPORTED: { retry: 'changed', message: 'Persisted queries are not served here.' },
  TRUSTED_DOCUMENTS_ONLY: {
    retry: 'never',
    message: 'Only documents that were registered before are served here.',
  },
  IDEMPOTENCY_KEY_MISSING: { retry: 'changed', message: 'A mutation needs an idempotency key.' },
  IDEMPOTENCY_KEY_INVALID: { retry: 'changed', message: 'The idempotency key is not valid.' },
  IDEMPOTENCY_KEY_REUSED: {
    retry: 'changed',
    message: 'This idempotency key was used for another mutation.',
  },
  IDEMPOTENCY_KEY_IN_FLIGHT: { retry: 'later', message: 'The same mutation is still under way.' },
  INVALID_PAGE: {
    retry: 'changed',
    message: 'first must be from 1 to 100, and after a cursor of this list.',
  },
  TOO_MANY_SYMBOLS: { retry: 'changed', message: 'Quotes are told of at most 100 symbols at once.' },
  TOO_MANY_CONNECTIONS: { retry: 'later', message: 'You have all the connections open that may be.' },
  TOO_MANY_SUBSCRIPTIONS: { retry: 'changed', message: 'No more operations at once: complete some first.' },
  CURSOR_INVALID: {
    retry: 'changed',
    message: 'The cursor does not belong to this subscription; subscribe without it.',
  },

  // Devices
  PUSH_SUBSCRIPTION_INVALID: {
    retry: 'changed',
    message: 'This is no push subscription: send endpoint, keys.p256dh and keys.auth as the device got them.',
  },
  PUSH_SERVICE_UNKNOWN: {
    retry: 'changed',
    message: 'Pushes are not sent to this endpoint: it is of no push service that is known here.',
  },
  TOO_MANY_PUSH_SUBSCRIPTIONS: {
    retry: 'changed',
    message: 'A customer has no more devices with pushes: remove one first.',
  },

  // Placing an order
  CLIENT_ORDER_ID_INVALID: {
    retry: 'changed',
    message:
      'clientOrderId must have 1 to 64 printable characters, unless an Idempotency-Key stands in for it.',
  },
  CLIENT_ORDER_ID_REUSED: { retry: 'changed', message: 'This clientOrderId was used for a different order.' },
  QUANTITY_NOT_A_NUMBER: { retry: 'changed', message: 'quantity must be a decimal string, such as "10".' },
  QUANTITY_NOT_POSITIVE: { retry: 'changed', message: 'quantity must be more than zero.' },
  QUANTITY_TOO_PRECISE: {
    retry: 'changed',
    message: "quantity must be a multiple of the instrument's lot size.",
  },
  QUANTITY_TOO_LARGE: { retry: 'changed', message: 'quantity is larger than any order may be.' },
  LIMIT_PRICE_REQUIRED: { retry: 'changed', message: 'A limit order needs a limitPrice.' },
  LIMIT_PRICE_NOT_ALLOWED: { retry: 'changed', message: 'A market order takes no limitPrice.' },
  PRICE_NOT_A_NUMBER: { retry: 'changed', message: 'limitPrice must be a decimal string, such as "120.50".' },
  PRICE_NOT_POSITIVE: { retry: 'changed', message: 'limitPrice must be more than zero.' },
  PRICE_TOO_PRECISE: { retry: 'changed', message: 'limitPrice has too many decimals.' },
  PRICE_TOO_LARGE: { retry: 'changed', message: 'limitPrice is larger than any price may be.' },
  PRICE_OFF_TICK: {
    retry: 'changed',
    message: "limitPrice must be a multiple of the instrument's tick size.",
  },
  PRICE_OUT_OF_BAND: { retry: 'changed', message: 'limitPrice is too far from the market.' },
  UNKNOWN_SYMBOL: { retry: 'changed', message: 'There is no such instrument.' },
  QUOTE_UNAVAILABLE: { retry: 'later', message: 'There is no price for this instrument right now.' },
  ACCOUNT_CLOSED: { retry: 'never', message: 'The account is closed.' },
  ORDER_LIMIT_EXCEEDED: {
    retry: 'changed',
    message: "The order is worth more than the account's limit for one order.",
  },
  INSUFFICIENT_SHARES: {
    retry: 'changed',
    message: 'The account has fewer shares available than the order sells.',
  },
  INSUFFICIENT_CASH: {
    retry: 'changed',
    message: 'The account has less cash available than the order needs.',
  },
  REJECTED_BY_MARKET: { retry: 'changed', message: 'The exchange refused the order.' },

  // Canceling an order
  ORDER_NOT_CANCELABLE: { retry: 'never', message: 'The order is already done.' },
  CANCEL_TOO_LATE: {
    retry: 'never',
    message: 'The exchange had finished the order before the cancel arrived.',
  },

  // The ledger (between services; a customer sees them only as a fault)
  TRANSFER_ID_REUSED: { retry: 'never', message: 'This transfer id was used for a different transfer.' },
  UNKNOWN_LEDGER_ACCOUNT: { retry: 'never', message: 'There is no such ledger account.' },
  UNKNOWN_RESERVATION: { retry: 'never', message: 'There is no such reservation.' },
  RESERVATION_EXCEEDED: { retry: 'never', message: 'More would be posted than was reserved.' },
  CHARGE_ID_REUSED: { retry: 'never', message: 'This execution was charged with a different body.' },
  RESERVATION_RESOLVED: { retry: 'never', message: 'The reservation was released already.' },

  // Routing (between services)
  ROUTE_ID_REUSED: { retry: 'never', message: 'This order was routed with a different body.' },
  UNKNOWN_ROUTE: { retry: 'never', message: 'The order was never routed.' },

  // The bank itself
  SERVICE_UNAVAILABLE: { retry: 'later', message: 'A part of the bank does not answer right now.' },
  DEADLINE_EXCEEDED: { retry: 'later', message: 'The answer was not ready in time.' },
  PLANNING_FAILED: { retry: 'later', message: 'No plan could be made for this operation.' },
  SUBGRAPH_INVALID_VALUE: {
    retry: 'later',
    message: 'A service answered with what the schema does not allow.',
  },
  INTERNAL_ERROR: {
    retry: 'later',
    message: 'Something went wrong here; quote the correlation id when you ask us.',
  },
} as const satisfies Record<string, { retry: Retry; message: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** A code as the rejection that a person reads. */
export function rejectionOf(code: ErrorCode): { readonly code: ErrorCode; readonly message: string } {
  return { code, message: errorCodes[code].message };
}
