// What the transport's tests ask with: one call, and the code of what came.
import { once } from 'node:events';
import type { FetchContext, SubgraphAnswer } from '../subgraph-fetch.ts';
import type { FetchEvent } from './fetch-event.ts';
import type { FaultReport } from './fetch-fault.ts';
import { contextOf } from './raw-subgraph.fixture.ts';
import { createTransport, type Transport, type TransportOptions } from './transport.ts';

export interface AskedTransport extends AsyncDisposable {
  readonly transport: Transport;
  readonly events: FetchEvent[];
  readonly reports: FaultReport[];
  query(body?: string, context?: FetchContext): Promise<SubgraphAnswer>;
  mutation(body?: string, context?: FetchContext): Promise<SubgraphAnswer>;
}

/** Of one subgraph, `s`, with these replicas. */
export function openTransport(
  urls: readonly string[] | (() => readonly string[]),
  options: Partial<TransportOptions> = {},
): AskedTransport {
  const events: FetchEvent[] = [];
  const reports: FaultReport[] = [];
  const transport = createTransport({
    urlsOf: typeof urls === 'function' ? urls : () => urls,
    onFetch: (event) => events.push(event),
    report: (report) => reports.push(report),
    ...options,
  });
  const asker =
    (operationKind: 'query' | 'mutation') =>
    (body = '{"query":"{a}"}', context = contextOf()) =>
      transport.fetch({ subgraph: 's', operationKind, body, context });
  return {
    transport,
    events,
    reports,
    query: asker('query'),
    mutation: asker('mutation'),
    [Symbol.asyncDispose]: () => transport.close(),
  };
}

/** `ok` when there is data without errors, else the first error's code. */
export function codeOf({ data, errors }: SubgraphAnswer): unknown {
  if (errors.length > 0) return errors[0]?.extensions?.['code'];
  return data === null ? 'nothing' : 'ok';
}

/** Fires a signal and lets its listeners run. */
export async function abort(controller: AbortController): Promise<void> {
  const aborted = once(controller.signal, 'abort');
  controller.abort();
  await aborted;
}
