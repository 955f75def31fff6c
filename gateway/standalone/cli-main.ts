// `simplebank-gateway --supergraph file.graphql --port 4000`: serves a supergraph, or explains a query's plan.
// Started by cli.ts.
import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { explainFault } from './cli-fault.ts';
import { readCliSettings, usage } from './cli-settings.ts';
import type { GatewayConfig } from './gateway-config.ts';
import type { WriteLog } from './serve-gateway.ts';

const write = (text: string) => void process.stdout.write(`${text}\n`);

/** One line of JSON each. */
const log: WriteLog = (level, message, details = {}) =>
  write(JSON.stringify({ level, time: new Date().toISOString(), message, ...details }));

/**
 * Of V8's memory, for a process that does nothing but this. The heap grows by three quarters of what is alive before it is
 * collected: left alone it grows up to fourfold, with answers that are long written. And V8 must not guess from the
 * first seconds which objects live long: with fifty answers under way at once it guesses nearly all of them, keeps
 * them in the old space from then on, and the process takes a third more CPU for life (docs/adr/0015).
 */
const heapFlags = ['--heap-growing-percent=75', '--no-allocation-site-pretenuring'];

async function main(): Promise<void> {
  const task = await readCliSettings(process.argv.slice(2), process.env);
  switch (task.kind) {
    case 'help':
      return write(usage);
    case 'version':
      return write(await readVersion());
    case 'explain': {
      const { explainQuery } = await import('./explain-query.ts');
      const { config, query } = task;
      const supergraph = await readFile(config.supergraph, 'utf8');
      return write(await explainQuery(supergraph, await textOf(query), config.planner));
    }
    case 'serve':
      return serve(task.config);
    default:
      task satisfies never;
  }
}

async function serve(config: GatewayConfig): Promise<void> {
  const { serveGateway } = await import('./serve-gateway.ts');
  for (const flag of heapFlags) setFlagsFromString(flag);
  const gateway = await serveGateway(config, log);
  const subgraphs = gateway.engine.generation.supergraph.subgraphs.map(({ name }) => name);
  log('info', 'listening', { url: gateway.url, subgraphs });
  let isStopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second one means it: whoever sends it has waited long enough.
      if (isStopping) process.exit(1);
      isStopping = true;
      log('info', 'stopping', { signal });
      void gateway.stop().then(() => log('info', 'stopped'));
    });
  }
}

/** The package's own description: above this folder, and once more above where it was built. */
async function readVersion(): Promise<string> {
  for (const place of ['../package.json', '../../package.json']) {
    const text = await readFile(new URL(place, import.meta.url), 'utf8').catch(() => undefined);
    const found = text === undefined ? undefined : (JSON.parse(text) as { version?: string }).version;
    if (found !== undefined) return found;
  }
  return 'unknown';
}

async function textOf(query: string): Promise<string> {
  if (query !== '-') return query;
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk);
  return text;
}

try {
  await main();
} catch (fault) {
  process.stderr.write(`${explainFault(fault)}\n`);
  process.exitCode = 1;
}
