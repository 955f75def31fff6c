// The trading floor: turns FIX requests and the clock's ticks into events, journals them and reports them.
// Everything that one request causes happens in one turn of the event loop, so it becomes durable as one.
import {
  execType,
  type ApplicationMessage,
  type Clock,
  type ExecutionReport,
  type NewOrderSingle,
  type OrderCancelReject,
  type OrderCancelRequest,
  type OrderStatusRequest,
} from '@simplebank/fix';
import type { OrderEvent } from './domain/client-order.ts';
import {
  decideCancel,
  decidePlace,
  decideTick,
  findByClOrdId,
  type Market,
} from './domain/exchange-state.ts';
import { background, type Background, type Liquidity } from './domain/price-process.ts';
import type { FaultSwitches } from './faults.ts';
import type { Instrument } from './instruments.ts';
import type { Memory } from './memory.ts';
import { cancelReject, eventReport, readOrder, statusReport, unknownOrderReport } from './reports.ts';

export interface TradingOptions {
  readonly memory: Memory;
  readonly faults: FaultSwitches;
  readonly clock: Clock;
  readonly instruments: readonly Instrument[];
  readonly seed: number;
  readonly tickMs: number;
  /** Each tick brings the first one's background again: what was taken is there anew, at the same prices. */
  readonly still?: boolean;
  readonly liquidity: Liquidity;
  /** Gives the message its number at once and sends it when it is durable. */
  readonly send: (message: ApplicationMessage) => void;
}

type Answer = ExecutionReport | OrderCancelReject;

export class Trading {
  readonly #options: TradingOptions;
  readonly #instruments: ReadonlyMap<string, Instrument>;
  readonly #backgrounds = new Map<string, { tick: number; background: Background }>();
  #statusReports = 0;

  constructor(options: TradingOptions) {
    this.#options = options;
    this.#instruments = new Map(options.instruments.map((instrument) => [instrument.symbol, instrument]));
  }

  place(message: NewOrderSingle): void {
    const { memory, clock } = this.#options;
    const known = findByClOrdId(memory.state, message.clOrdId);
    if (known !== undefined) {
      this.#answer(statusReport(known, this.#statusExecId()));
      return;
    }
    const events = decidePlace(memory.state, readOrder(message), this.market(message.symbol), clock.now());
    for (const event of events) this.#happen(event);
  }

  cancel(message: OrderCancelRequest): void {
    const { memory } = this.#options;
    const decision = decideCancel(memory.state, message.origClOrdId, message.clOrdId);
    if (typeof decision === 'object') this.#happen(decision);
    else this.#answer(cancelReject(message, findByClOrdId(memory.state, message.origClOrdId), decision));
  }

  status(message: OrderStatusRequest): void {
    const order = findByClOrdId(this.#options.memory.state, message.clOrdId);
    const execId = this.#statusExecId();
    this.#answer(
      order === undefined ? unknownOrderReport(message, execId) : statusReport(order, execId, message),
    );
  }

  /** The background of a new tick meets the orders that rest. */
  tick(): void {
    const { memory, clock } = this.#options;
    for (const symbol of memory.state.resting.keys()) {
      const market = this.market(symbol);
      if (market === undefined) continue;
      for (const event of decideTick(memory.state, symbol, market, clock.now())) this.#happen(event);
    }
  }

  /** Undefined for a symbol that is not traded here. The same object within a tick, for what is taken stays taken. */
  market(symbol: string): Market | undefined {
    const { clock, seed, tickMs, still = false, liquidity, faults } = this.#options;
    const instrument = this.#instruments.get(symbol);
    if (instrument === undefined) return undefined;
    const tick = Math.floor(clock.now() / tickMs);
    let current = this.#backgrounds.get(symbol);
    if (current?.tick !== tick) {
      current = { tick, background: background(seed, instrument, still ? 0 : tick, liquidity) };
      this.#backgrounds.set(symbol, current);
    }
    const halted = faults.faults.halted.includes(symbol);
    return { background: current.background, tick: instrument.tick, halted };
  }

  #happen(event: OrderEvent): void {
    const order = this.#options.memory.record(event);
    const report = eventReport(event, order, this.#options.clock.now());
    const isAnswer = event.type !== 'traded' && !(event.type === 'canceled' && event.by === undefined);
    if (isAnswer) this.#answer(report);
    else this.#report(report);
  }

  #answer(message: Answer): void {
    if (!this.#options.faults.dropsAnswer()) this.#report(message);
  }

  #report(message: Answer): void {
    this.#options.send(message);
    const twice = message.msgType === '8' && message.execType !== execType.orderStatus;
    if (twice && this.#options.faults.duplicatesReport()) this.#options.send(message);
  }

  /** A status report is no execution, but its id must be new all the same. */
  #statusExecId(): string {
    this.#statusReports += 1;
    const { memory, clock } = this.#options;
    return `${memory.state.idPrefix}-S${clock.now().toString(36)}-${this.#statusReports}`;
  }
}
