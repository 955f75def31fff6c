// From the settings of the standalone gateway to the options of its parts. What is not set is left out, so that each
// part's own default holds.
import { readFile } from 'node:fs/promises';
import type { EngineOptions } from '../engine-options.ts';
import type { GatewayConfig } from './gateway-config.ts';
import type { CorsOptions } from '../http/allow-origins.ts';
import type { CompressionOptions } from '../http/compress-body.ts';
import type { HttpFrontOptions } from '../http/front-options.ts';
import type { NodeServerOptions } from '../http/serve-node-http.ts';
import type { DocumentLimits } from '../operation/limit-document.ts';
import type { TransportLimits } from '../transport/limits.ts';
import type { TransportOptions } from '../transport/transport.ts';
import { verifyTokens } from './verify-tokens.ts';

export function engineOptionsOf(config: GatewayConfig) {
  const { development, planner, introspection, defer, shareRequests, documentLimits, mostCost } = config;
  const { overrideLabels, rejectUnauthorized, planTimeoutMs } = config;
  return given<Omit<EngineOptions, 'supergraph' | 'fetcher'>>({
    planner,
    introspection: introspection ?? development,
    defer,
    shareRequests,
    documentLimits: documentLimits === undefined ? undefined : given<Partial<DocumentLimits>>(documentLimits),
    mostCost,
    overrideLabels,
    rejectUnauthorized,
    planTimeoutMs,
    explain: development,
  });
}

/** Rejects when a file of the tls section cannot be read. */
export async function transportOptionsOf({
  subgraphs,
  shareFetches,
  transport,
  tls,
}: GatewayConfig): Promise<Omit<TransportOptions, 'urlsOf'>> {
  const pem = async (path: string | undefined) => (path === undefined ? undefined : readFile(path, 'utf8'));
  return given<Omit<TransportOptions, 'urlsOf'>>({
    deduplicates: shareFetches,
    http2: (name) => subgraphs[name]?.http2 ?? false,
    limits: transport === undefined ? undefined : given<Partial<TransportLimits>>(transport),
    tls:
      tls === undefined
        ? undefined
        : given<NonNullable<TransportOptions['tls']>>({
            ca: await pem(tls.ca),
            cert: await pem(tls.cert),
            key: await pem(tls.key),
          }),
  });
}

export function frontOptionsOf(config: GatewayConfig) {
  const { path, forwardHeaders, deadlineMs, mostDeadlineMs, statusCodes, csrfPrevention, cors } = config;
  const { compression, persistedQueries, trustedDocuments, mostInBatch, jwt } = config;
  return given<HttpFrontOptions>({
    path,
    forwardHeaders,
    deadlineMs,
    mostDeadlineMs,
    statusCodes,
    csrfPrevention,
    cors: cors === undefined ? undefined : given<CorsOptions>(cors),
    compression:
      compression === undefined || compression === false
        ? compression
        : given<CompressionOptions>(compression),
    persistedQueries: persistedQueries ? {} : (false as const),
    onlyTrusted: trustedDocuments?.only,
    mostInBatch,
    callerOf: jwt === undefined ? undefined : verifyTokens(jwt),
  });
}

export function serverOptionsOf({ host, port, bodyLimitBytes, mostHttpConnections }: GatewayConfig) {
  return given<Omit<NodeServerOptions, 'front'>>({
    host,
    port,
    bodyLimitBytes,
    mostConnections: mostHttpConnections,
  });
}

function given<Options extends object>(options: {
  [Key in keyof Options]: Options[Key] | undefined;
}): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
