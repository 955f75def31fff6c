// `npm run dead-letters`: an operator sees which events a group could not handle, and those parked behind them.
// `npm run dead-letters -- retry <group> <aggregate id>` puts an aggregate's through again, once the cause is mended.
import { createLogger, runningBankFor } from '@simplebank/chassis';
import { openPostgresBus, type Bus } from '@simplebank/events';

/** Enough to see what is wrong; the rest shows once these are through. */
const MOST_LISTED = 500;
const usage = 'npm run dead-letters, or npm run dead-letters -- retry <group> <aggregate id>';

async function list(bus: Bus): Promise<number> {
  const letters = await bus.deadLetters({ limit: MOST_LISTED });
  for (const { failedAt, group, aggregateId, event, error } of letters) {
    console.log(`${failedAt.toISOString()}  ${group}  ${aggregateId}  ${event.type}  ${oneLine(error)}`);
  }
  if (letters.length === 0) console.log('There are no dead letters.');
  if (letters.length === MOST_LISTED) console.log(`These are the oldest ${MOST_LISTED}; there may be more.`);
  return 0;
}

async function retry(bus: Bus, group: string, aggregateId: string): Promise<number> {
  const count = await bus.retryDeadLetters(group, aggregateId);
  console.log(
    count > 0
      ? `${group} tries ${count} of ${aggregateId} again; npm run dead-letters shows what fails again.`
      : `${group} has no dead letters of ${aggregateId}.`,
  );
  return count > 0 ? 0 : 1;
}

/** An error's text may hold line breaks, as a query's does; a dead letter is one line. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

async function main([command, group, aggregateId, ...rest]: readonly string[]): Promise<number> {
  const retries = command === 'retry' && group !== undefined && aggregateId !== undefined;
  if ((command !== undefined && !retries) || rest.length > 0) {
    console.error(usage);
    return 2;
  }
  const url = (await runningBankFor(process.env))?.bank.busUrl;
  if (url === undefined) {
    console.error('the bank is not running: npm start or npm run start:services first');
    return 2;
  }
  const log = createLogger({ service: 'dead-letters', level: 'warn', destination: process.stderr });
  await using bus = await openPostgresBus({ url, log });
  return retries ? await retry(bus, group, aggregateId) : await list(bus);
}

process.exitCode = await main(process.argv.slice(2));
