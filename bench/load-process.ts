// The load generator as a process of its own, so that what it costs is told apart from the bank. It does what it is
// told over its channel, and ends when that closes.
import type { FromLoad, LoadTarget, ToLoad } from './load-messages.ts';
import { runLoad } from './load-run.ts';

const tell = (message: FromLoad) => process.send?.(message);
let target: LoadTarget | undefined;

async function obey(message: ToLoad): Promise<void> {
  if (message.kind === 'target') {
    ({ target } = message);
    return void tell({ kind: 'ready' });
  }
  if (target === undefined) throw new Error('a run needs a target first');
  tell({ kind: 'done', result: await runLoad(target, message.order) });
}

process.on('message', (message: ToLoad) => {
  obey(message).catch((error: unknown) => {
    tell({ kind: 'fault', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  });
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C is the bench's: it closes the channel once it has stopped the bank.
process.on('SIGINT', () => undefined);
