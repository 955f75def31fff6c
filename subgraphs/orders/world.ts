// What the orders service asks the services around it, in the domain's own types. Every question has a deadline;
// a service that does not answer in time is a fault, thrown, for the caller to decide on.
import type { ServiceClient } from '@simplebank/chassis';
import {
  getAccount,
  getAvailability,
  getInstrument,
  quoteFee,
  type FeeCeilingRule as WireRule,
} from '@simplebank/contracts';
import {
  formatQuantity,
  price,
  quantity,
  type Money,
  type Quantity,
  moneyFromWire,
  moneyToWire,
} from '@simplebank/money';
import type { FeeCeilingRule, Instrument } from './domain/instrument.ts';
import type { DealTerms } from './domain/order-terms.ts';
import { currencyOf } from './event-codec.ts';
import type { FeeRuleStore, KnownFeeRule } from './fee-rule-store.ts';

export interface AccountFacts {
  readonly status: 'OPEN' | 'CLOSED';
  readonly orderLimit: Money;
}

export interface Availability {
  readonly cash: Money;
  readonly shares: Quantity;
}

export interface AnsweredFeeQuote extends KnownFeeRule {
  /** As if the order were filled in one execution. */
  readonly estimate: Money;
}

export interface World {
  account(accountId: string): Promise<AccountFacts | 'missing'>;
  instrument(symbol: string): Promise<Instrument | 'missing'>;
  availability(accountId: string, symbol: string): Promise<Availability>;
  /** Remembers the rule that the answer came with. */
  feeQuote(terms: DealTerms, principal: Money): Promise<AnsweredFeeQuote>;
}

/** Longer than any symbol of any exchange; what cannot be a symbol is not asked about. */
const symbolPattern = /^[\x21-\x7e]{1,32}$/;

export function createWorld(client: ServiceClient, feeRules: FeeRuleStore, timeoutMs: number): World {
  return {
    async account(accountId) {
      const { account } = await client.call(getAccount, { accountId }, { timeoutMs });
      if (account === null) return 'missing';
      return { status: account.status, orderLimit: moneyFromWire(account.orderLimit) };
    },

    async instrument(symbol) {
      if (!symbolPattern.test(symbol)) return 'missing';
      const { instrument } = await client.call(getInstrument, { symbol }, { timeoutMs });
      if (instrument === null) return 'missing';
      const { tickSize, lotSize, currency, quote } = instrument;
      return {
        tickSize: price(tickSize),
        lotSize: quantity(lotSize),
        currency: currencyOf(currency),
        quote: quote && { bid: price(quote.bid), ask: price(quote.ask), last: price(quote.last) },
      };
    },

    async availability(accountId, symbol) {
      const { cash, shares } = await client.call(getAvailability, { accountId, symbol }, { timeoutMs });
      return { cash: moneyFromWire(cash), shares: quantity(shares) };
    },

    async feeQuote({ side, quantity: shares }, principal) {
      const body = { side, quantity: formatQuantity(shares), principal: moneyToWire(principal) };
      const answer = await client.call(quoteFee, body, { timeoutMs }).catch(async (fault: unknown) => {
        // Who falls back to the last rule now should have the last one of all replicas.
        await feeRules.refresh();
        throw fault;
      });
      const { scheduleId, estimate, ceilingRule } = answer;
      const rule = { scheduleId, ceilingRule: readRule(ceilingRule) };
      await feeRules.learn(rule);
      return { ...rule, estimate: moneyFromWire(estimate) };
    },
  };
}

function readRule({ basisPoints, perLot }: WireRule): FeeCeilingRule {
  return { basisPoints: BigInt(basisPoints), perLot: moneyFromWire(perLot) };
}
