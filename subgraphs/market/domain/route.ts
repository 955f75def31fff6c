// An order on its way to the exchange, as one pure function: what is said about a route goes in, the route as
// it then stands and the events of it come out. What has to be sent follows from the state alone, so that a
// restart loses nothing: NEW wants the order sent, SENT an answer, a wanted cancel of what works its outcome.
import { addQuantity, formatQuantity, ZERO_QUANTITY, type Price, type Quantity } from '@simplebank/money';

export interface RouteTerms {
  readonly orderId: string;
  readonly accountId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly orderType: 'MARKET' | 'LIMIT';
  readonly timeInForce: 'DAY' | 'IOC';
  readonly quantity: Quantity;
  readonly limitPrice: Price | null;
}

export type RouteState =
  /** Not at the exchange. */
  | { readonly kind: 'NEW' }
  /** Perhaps at the exchange: recorded before the order leaves. */
  | { readonly kind: 'SENT' }
  | { readonly kind: 'ACKNOWLEDGED' }
  | { readonly kind: 'DONE'; readonly outcome: 'FILLED' | 'CANCELED' | 'EXPIRED' | 'REJECTED' };

export interface Route {
  readonly terms: RouteTerms;
  readonly state: RouteState;
  /** How often the order was sent; more than once only after the exchange had said that it does not know it. */
  readonly sends: number;
  /** RouteInDoubt was said. */
  readonly doubted: boolean;
  readonly cancel: 'NONE' | 'WANTED' | 'REFUSED';
  readonly cumulative: Quantity;
  /** How often in a row the exchange said of the acknowledged order that it does not know it. */
  readonly unknowns: number;
}

export interface Execution {
  readonly executionId: string;
  readonly quantity: Quantity;
  readonly price: Price;
  /** By the exchange's own count. */
  readonly cumulative: Quantity;
  readonly leaves: Quantity;
  /** Milliseconds since the epoch. */
  readonly executedAt: number;
}

export type RouteMessage =
  | { readonly kind: 'cancelWanted' }
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'acknowledged'; readonly exchangeOrderId: string }
  | { readonly kind: 'executed'; readonly exchangeOrderId: string; readonly execution: Execution }
  | { readonly kind: 'canceled' | 'expired'; readonly exchangeOrderId: string }
  | { readonly kind: 'rejected'; readonly reason: string }
  /** The exchange was asked, or got an order that it had already. */
  | {
      readonly kind: 'status';
      readonly exchangeOrderId: string;
      readonly status: 'WORKING' | 'FILLED' | 'CANCELED' | 'EXPIRED';
      readonly cumulative: Quantity;
    }
  /** The exchange was asked after the order had been sent so often, and does not know it. */
  | { readonly kind: 'unknown'; readonly sends: number }
  /** `stillWorking` is the exchange's word on the order. */
  | { readonly kind: 'cancelRefused'; readonly stillWorking: boolean };

export type RouteEvent =
  | { readonly type: 'RouteAcknowledged'; readonly exchangeOrderId: string }
  | { readonly type: 'RouteInDoubt' }
  | { readonly type: 'RouteRejected'; readonly reason: string }
  | { readonly type: 'ExecutionReported'; readonly execution: Execution }
  | { readonly type: 'RouteCanceled'; readonly cumulative: string }
  | { readonly type: 'RouteExpired'; readonly cumulative: string }
  | { readonly type: 'RouteCancelRejected' };

export interface Step {
  readonly route: Route;
  readonly events: readonly RouteEvent[];
}

/** An exchange that answers so often that it has no such order will not take it at all. */
export const MOST_SENDS = 10;
/** An exchange that says so often that it does not know an order which it had acknowledged has lost it. */
export const MOST_UNKNOWNS = 10;

export function newRoute(terms: RouteTerms): Route {
  return {
    terms,
    state: { kind: 'NEW' },
    sends: 0,
    doubted: false,
    cancel: 'NONE',
    cumulative: ZERO_QUANTITY,
    unknowns: 0,
  };
}

/** Same order id, same body? */
export function sameTerms(left: RouteTerms, right: RouteTerms): boolean {
  const keys = Object.keys(left) as (keyof RouteTerms)[];
  return keys.every((key) => left[key] === right[key]);
}

/** The order leaves now; only what is NEW is ever sent. */
export function sent(route: Route): Route {
  return { ...route, state: { kind: 'SENT' }, sends: route.sends + 1 };
}

/** Taking the same message twice changes nothing but for `executed`: its caller knows executions by their id. */
export function advance(route: Route, message: RouteMessage): Step {
  const done = route.state.kind === 'DONE';
  switch (message.kind) {
    case 'cancelWanted':
      if (done) return unchanged(route);
      if (route.state.kind === 'NEW') return canceled(route);
      return { route: { ...route, cancel: 'WANTED' }, events: [] };
    case 'unanswered':
      if (route.state.kind !== 'SENT' || route.doubted) return unchanged(route);
      return { route: { ...route, doubted: true }, events: [{ type: 'RouteInDoubt' }] };
    case 'acknowledged':
      return done ? unchanged(route) : acknowledged(route, message.exchangeOrderId);
    case 'executed':
      return then(acknowledged(route, message.exchangeOrderId), (known) =>
        executed(known, message.execution),
      );
    case 'canceled':
      return done ? unchanged(route) : then(acknowledged(route, message.exchangeOrderId), canceled);
    case 'expired':
      return done ? unchanged(route) : then(acknowledged(route, message.exchangeOrderId), expired);
    case 'rejected':
      return done ? unchanged(route) : rejected(route, message.reason);
    case 'status':
      if (done) return unchanged(route);
      return then(acknowledged(route, message.exchangeOrderId), (known) => statusOf(known, message));
    case 'unknown':
      // An answer from before the order was sent again says nothing about the newer sending.
      if (done || message.sends !== route.sends) return unchanged(route);
      if (route.state.kind === 'ACKNOWLEDGED') return forgotten(route);
      return route.state.kind === 'SENT' ? neverThere(route) : unchanged(route);
    case 'cancelRefused':
      // When the order is done at the exchange, the report of its end answers the cancel.
      if (done || route.cancel !== 'WANTED' || !message.stillWorking) return unchanged(route);
      return { route: { ...route, cancel: 'REFUSED' }, events: [{ type: 'RouteCancelRejected' }] };
    default:
      return message satisfies never;
  }
}

/**
 * Whether the exchange, by this message, counts other fills of the route than are recorded after it. Reports come in
 * order, so that then some are missing on one side.
 */
export function fillsDiffer(route: Route, message: RouteMessage): boolean {
  if (message.kind === 'executed') return message.execution.cumulative !== route.cumulative;
  return message.kind === 'status' && route.state.kind !== 'DONE' && message.cumulative !== route.cumulative;
}

function unchanged(route: Route): Step {
  return { route, events: [] };
}

function then(step: Step, next: (route: Route) => Step): Step {
  const { route, events } = next(step.route);
  return { route, events: [...step.events, ...events] };
}

/** Whatever the exchange says of an order, it has it: the acknowledgement itself may have been lost. */
function acknowledged(route: Route, exchangeOrderId: string): Step {
  const { kind } = route.state;
  if (kind === 'ACKNOWLEDGED' && route.unknowns > 0) return unchanged({ ...route, unknowns: 0 });
  if (kind !== 'NEW' && kind !== 'SENT') return unchanged(route);
  return {
    route: { ...route, state: { kind: 'ACKNOWLEDGED' } },
    events: [{ type: 'RouteAcknowledged', exchangeOrderId }],
  };
}

/** A trade that happened is never refused, not even of an order that should be done. */
function executed(route: Route, execution: Execution): Step {
  const filled = route.state.kind !== 'DONE' && execution.leaves === 0n;
  const cumulative = addQuantity(route.cumulative, execution.quantity);
  return {
    route: {
      ...route,
      cumulative,
      state: filled ? { kind: 'DONE', outcome: 'FILLED' } : route.state,
    },
    events: [{ type: 'ExecutionReported', execution }],
  };
}

function canceled(route: Route): Step {
  return {
    route: { ...route, state: { kind: 'DONE', outcome: 'CANCELED' } },
    events: [{ type: 'RouteCanceled', cumulative: formatQuantity(route.cumulative) }],
  };
}

function expired(route: Route): Step {
  return {
    route: { ...route, state: { kind: 'DONE', outcome: 'EXPIRED' } },
    events: [{ type: 'RouteExpired', cumulative: formatQuantity(route.cumulative) }],
  };
}

function rejected(route: Route, reason: string): Step {
  return {
    route: { ...route, state: { kind: 'DONE', outcome: 'REJECTED' } },
    events: [{ type: 'RouteRejected', reason }],
  };
}

/** A status carries no executions, so it ends a route only when none of them is missing here. */
function statusOf(route: Route, message: Extract<RouteMessage, { kind: 'status' }>): Step {
  if (message.cumulative !== route.cumulative) return unchanged(route);
  if (message.status === 'CANCELED') return canceled(route);
  if (message.status === 'EXPIRED') return expired(route);
  return unchanged(route);
}

/**
 * The exchange lost an order that it had: what it does not know is not open there, so the route ends with the fills
 * that are recorded. It is not sent again, for it may have been filled further before it was lost.
 */
function forgotten(route: Route): Step {
  const unknowns = route.unknowns + 1;
  return unknowns < MOST_UNKNOWNS ? unchanged({ ...route, unknowns }) : canceled(route);
}

/** The order is certainly not at the exchange, so it may be sent again, or be canceled here. */
function neverThere(route: Route): Step {
  if (route.cancel === 'WANTED') return canceled(route);
  if (route.sends >= MOST_SENDS) return rejected(route, 'it did not take the order');
  return { route: { ...route, state: { kind: 'NEW' } }, events: [] };
}
