// The fee rule that was seen last, shared by the replicas of orders.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { money } from '@simplebank/money';
import { testDatabase } from '@simplebank/testkit';
import { openFeeRuleStore } from './fee-rule-store.ts';

const rule = (scheduleId: string, basisPoints: bigint) => ({
  scheduleId,
  ceilingRule: { basisPoints, perLot: money(3n, 'USD') },
});

test('a replica that has not heard of a rule, or of a newer one, knows what the others have learned', async () => {
  await using test = await testDatabase({ migrations: [new URL('./migrations/', import.meta.url)] });
  const [one, other] = await Promise.all([openFeeRuleStore(test.db), openFeeRuleStore(test.db)]);
  for (const learned of [rule('schedule-1', 10n), rule('schedule-2', 12n)]) {
    await one.learn(learned);
    assert.notDeepEqual(other.last(), learned);
    await other.refresh();
    assert.deepEqual(other.last(), learned);
  }
  assert.deepEqual((await openFeeRuleStore(test.db)).last(), rule('schedule-2', 12n));
});
