// Each fault of a subgraph under a short load, as bench/faults.ts runs it for longer: every answer is partial data with
// the right paths and codes, inside the deadline, and nothing is left behind.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultNames, type FaultName } from '../bench/faults-expected.ts';
import { openStand } from '../bench/faults-stand.ts';
import { watchFault } from '../bench/faults-watch.ts';

/** Few requests: bench/faults.ts puts the load on; here each answer counts. */
const load = { ratePerSecond: 20, seconds: 1 };
/** Enough for a machine whose cores other tests use at the same time; a hang would take far longer. */
const times = { deadlineMs: 2_000, slackMs: 8_000 };
/** Hundreds of megabytes are on their way then, on as few cores. */
const floodSlackMs = 10_000;
/** So that the test need not wait for connections that are only idle. */
const config = { transport: { idleConnectionMs: 200 } };
/** Each has a gateway and subgraphs of its own. */
const lanes = 2;

const laneOf = (lane: number): FaultName[] => faultNames.filter((_, index) => index % lanes === lane);

describe('a subgraph under load', { concurrency: lanes }, () => {
  for (let lane = 0; lane < lanes; lane += 1) {
    it(
      `costs only its own fields, also when it ${laneOf(lane).join(', ')}`,
      { timeout: 120_000 },
      async (t) => {
        await using stand = await openStand(config);
        for (const fault of laneOf(lane)) {
          await t.test(fault, async () => {
            const isFlood = fault === 'sends 100 MB unannounced';
            const slackMs = isFlood ? floodSlackMs : times.slackMs;
            const options = { fault, ...load, ...times, slackMs };
            const { failures, requests } = await watchFault(stand, options);
            assert.deepEqual(failures, []);
            assert.equal(requests, load.ratePerSecond * load.seconds);
          });
        }
      },
    );
  }
});
