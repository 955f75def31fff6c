// The standalone gateway follows its supergraph's file under load: no request is lost, a broken file changes nothing,
// and of each supergraph that is not live any more nothing is left. bench/reloads.ts does the same for longer.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { until } from '@simplebank/testkit';
import { questionsWhile } from '../bench/faults-expected.ts';
import { load, type Question } from '../bench/faults-load.ts';
import { childrenOf, openStand, type Stand } from '../bench/faults-stand.ts';
import {
  knowDocuments,
  mostPlanners,
  onlyLater,
  reload,
  reloadAtRest,
  reloadConfig,
  reloadUnderLoad,
} from '../bench/reloads-watch.ts';

/** For a machine whose cores other tests use at the same time. */
const deadlineMs = 10_000;

async function wrongOnce({ url }: Stand, question: Question): Promise<string[]> {
  const { wrong } = await load({ url, ratePerSecond: 1, seconds: 1, deadlineMs, questions: [question] });
  return [...wrong.keys()];
}

it('loses no request over five reloads', { timeout: 60_000 }, async () => {
  await using stand = await openStand(reloadConfig);
  await knowDocuments(stand.url, 10);
  const { result, windows } = await reloadUnderLoad(stand, {
    ratePerSecond: 100,
    reloads: 5,
    everyMs: 500,
    deadlineMs,
  });
  assert.deepEqual([...result.wrong], []);
  assert.equal(result.asked.length, 300);
  assert.equal(windows.length, 5);
  assert.deepEqual(await wrongOnce(stand, onlyLater), [], 'the last one written is live');
  assert.deepEqual(stand.errorLines, []);
});

it(
  'stays with its supergraph while the file holds none, and takes the next right one',
  { timeout: 60_000 },
  async () => {
    await using stand = await openStand(reloadConfig);
    const [question] = questionsWhile('nothing wrong');
    assert.ok(question);
    for (const broken of ['', 'type Query {', stand.supergraphs[1].slice(0, -200)]) {
      const refused = stand.logged('the supergraph stays as it is');
      await stand.writeSupergraph(broken);
      await refused;
      assert.deepEqual(await wrongOnce(stand, question), []);
      assert.deepEqual(await wrongOnce(stand, onlyLater), [`${onlyLater.name}: no note`]);
    }
    await reload(stand, 0);
    assert.deepEqual(await wrongOnce(stand, onlyLater), []);
    // Planners that are not needed end by themselves, at a lower priority than whatever else runs here.
    await until('few planners are left', () => childrenOf(stand.pid).length <= mostPlanners);
  },
);

it('holds two processes of planners and no more memory after many reloads', { timeout: 60_000 }, async () => {
  await using stand = await openStand(reloadConfig);
  await knowDocuments(stand.url, 10);
  const held = await reloadAtRest(stand, 20, 5);
  assert.deepEqual(
    held.map(({ planners }) => planners),
    [2, 2, 2, 2],
  );
  const [first, last] = [held[0], held.at(-1)];
  assert.ok(first && last);
  assert.ok(last.sockets <= first.sockets, `sockets: ${first.sockets}, then ${last.sockets}`);
  const grown = last.memory.heapUsed - first.memory.heapUsed;
  assert.ok(grown < 15 * 150_000, `15 reloads left ${grown} bytes`);
});
