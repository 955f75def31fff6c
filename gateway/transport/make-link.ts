// Which client carries a URL: our own for plain http, undici for https and HTTP/2.
import type { Deadlines } from './deadlines.ts';
import { Http1Link } from './http1-link.ts';
import type { TransportLimits } from './limits.ts';
import { unsent, type Link, type TlsIdentity } from './link.ts';
import { UndiciLink } from './undici-link.ts';

export interface LinkChoice {
  readonly client: 'own' | 'undici';
  readonly http2: boolean;
  readonly deadlineHeader: string | undefined;
  readonly tls: TlsIdentity | undefined;
}

export function makeLink(
  url: string,
  choice: LinkChoice,
  limits: TransportLimits,
  deadlines: Deadlines,
): Link {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return brokenLink(`the URL ${url} is not http`);
  const { maxAnswerBytes, maxConnections, maxQueued, connectMs, idleConnectionMs, mutationIdleMs } = limits;
  const target = {
    url: parsed,
    maxAnswerBytes,
    maxConnections,
    maxQueued,
    connectMs,
    idleConnectionMs,
    mutationIdleMs,
    deadlineHeader: choice.deadlineHeader,
    http2: choice.http2,
    tls: choice.tls,
  };
  const isOwn = choice.client === 'own' && parsed.protocol === 'http:' && !choice.http2;
  return isOwn ? new Http1Link(target, deadlines) : new UndiciLink(target);
}

/** A wrong URL is a replica that refuses, so that the others go on. */
function brokenLink(detail: string): Link {
  return {
    send: (exchange) => exchange.onFault(unsent('refused', detail)),
    counts: () => ({ connections: 0, idle: 0, queued: 0 }),
    sweep() {},
    retire() {},
    close() {},
  };
}
