// Random commands for property tests: few orders with few executions each, so that commands meet one another,
// repeat, contradict and exceed. Most fit their order; some name another account, side or symbol.
import fc from 'fast-check';
import { money, quantityOf } from '@simplebank/money';
import type { Command } from './command.ts';
import { charge, open, release, reserve, trade } from './ledger.fixture.ts';

const executionsOfOrder = 3;

interface OrderFacts {
  readonly orderId: string;
  readonly accountId: string;
  readonly side: 'BUY' | 'SELL';
  readonly symbol: string;
}

/** Small, so that what is held and reserved runs out. */
const quantities = fc.bigInt({ min: 1n, max: 30n }).map(quantityOf);
const amounts = fc.bigInt({ min: 0n, max: 30n }).map((amount) => money(amount, 'USD'));

export const openings: readonly Command[] = ['acc-0', 'acc-1'].flatMap((accountId) => [
  open('USD', 50n, { accountId }),
  open('ACME', 50n, { accountId }),
]);

/** Commands about so many orders. */
export function commandsAmong(orders: number): fc.Arbitrary<Command> {
  const numbers = fc.nat({ max: orders - 1 });
  const facts: fc.Arbitrary<OrderFacts> = fc
    .tuple(numbers, fc.nat({ max: 39 }))
    .map(([order, deviation]) => ({
      orderId: `o${order}`,
      accountId: deviation === 0 ? 'acc-unknown' : `acc-${order % 2}`,
      side: ((order >> 1) % 2 === 0) === (deviation === 1) ? 'BUY' : 'SELL',
      symbol: deviation === 2 || order % 7 === 6 ? 'GLOBEX' : 'ACME',
    }));
  const executionNumbers = fc.nat({ max: executionsOfOrder - 1 });
  const reserves = fc
    .tuple(facts, quantities, amounts, amounts)
    .map(([order, quantity, principal, fee]) =>
      reserve(
        order.orderId,
        order.side === 'SELL'
          ? { kind: 'shares', symbol: order.symbol, quantity }
          : { kind: 'cash', principal, fee },
        { accountId: order.accountId },
      ),
    );
  const trades = fc
    .tuple(facts, executionNumbers, quantities, amounts)
    .map(([order, execution, quantity, principal]) =>
      trade(`${order.orderId}-e${execution}`, order.orderId, { ...order, quantity, principal }),
    );
  const fees = fc
    .tuple(facts, executionNumbers, amounts)
    .map(([{ orderId, accountId, side }, execution, fee]) =>
      charge(`${orderId}-e${execution}`, orderId, { accountId, side, fee }),
    );
  return fc.oneof(
    { weight: 6, arbitrary: reserves },
    { weight: 10, arbitrary: trades },
    { weight: 8, arbitrary: fees },
    { weight: 3, arbitrary: numbers.map((order) => release(`o${order}`)) },
  );
}

export const anyCommands: fc.Arbitrary<readonly Command[]> = fc
  .array(commandsAmong(6), { maxLength: 60, size: 'max' })
  // A third of them come again, as retries do.
  .chain((commands) => {
    const retries = fc.shuffledSubarray(commands, { maxLength: Math.floor(commands.length / 3) });
    return retries.map((again) => [...openings, ...commands, ...again]);
  });
