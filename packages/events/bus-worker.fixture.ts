// A process of its own that works in a group and never finishes an event, for tests that kill it.
// Arguments: bus URL, group, stream. Writes a line for each event that its handler begins.
import { openBus } from './bus-transports.ts';
import { silentLog } from './events.fixture.ts';

const [url, group, stream] = process.argv.slice(2);
if (url === undefined || group === undefined || stream === undefined)
  throw new Error('url, group and stream needed');
const bus = await openBus({ url, log: silentLog });
await bus.work({
  group,
  streams: [stream],
  concurrency: 100,
  async handle(event) {
    process.stdout.write(`${event.id}\n`);
    await new Promise<never>(() => undefined);
  },
});
