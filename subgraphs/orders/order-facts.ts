// What the services around say about an order before it is placed, asked all at once. One that does not answer
// in time leaves its fact unknown: the order is taken, and the saga asks again.
import type { Logger } from '@simplebank/chassis';
import { money } from '@simplebank/money';
import type { FeeCeilingRule } from './domain/instrument.ts';
import type { TermsFacts } from './domain/order-checks.ts';
import type { DealTerms } from './domain/order-terms.ts';
import type { FeeRuleStore } from './fee-rule-store.ts';
import type { World } from './world.ts';

/** For a customer who waits: four answers side by side, and an order may be placed without any of them. */
export const factTimeoutMs = 800;

export interface FactSources {
  readonly world: World;
  readonly feeRules: FeeRuleStore;
  readonly log: Logger;
}

export async function gatherFacts(
  { world, feeRules, log }: FactSources,
  accountId: string,
  terms: DealTerms,
): Promise<TermsFacts | 'no-account'> {
  const orUnknown = async <Fact>(what: string, asked: Promise<Fact>): Promise<Fact | 'unknown'> => {
    try {
      return await asked;
    } catch (err) {
      log.warn(
        { err, fact: what },
        'a fact about an order could not be asked; its check is left to the saga',
      );
      return 'unknown';
    }
  };
  const [account, instrument, availability, feeCeilingRule] = await Promise.all([
    orUnknown('account', world.account(accountId)),
    orUnknown('instrument', world.instrument(terms.symbol)),
    orUnknown('availability', world.availability(accountId, terms.symbol)),
    orUnknown('fee rule', ceilingRule(world, feeRules, terms)),
  ]);
  if (account === 'missing') return 'no-account';
  return { account, instrument, availability, feeCeilingRule };
}

/** Only a buy reserves its fees. The rule is known once any fee was quoted; before, a nominal quote tells it. */
async function ceilingRule(
  world: World,
  feeRules: FeeRuleStore,
  terms: DealTerms,
): Promise<FeeCeilingRule | 'unknown'> {
  if (terms.side === 'SELL') return 'unknown';
  const known = feeRules.last();
  if (known !== undefined) return known.ceilingRule;
  const { ceilingRule: rule } = await world.feeQuote(terms, money(1n, 'USD'));
  return rule;
}
