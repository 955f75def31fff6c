// The settings of the standalone gateway: one JSON file, every option with its default; flags and environment variables
// set the few that differ between machines. Options without a default here have it where they are used.
import { z } from 'zod';

const milliseconds = z.number().int().min(1);
const count = z.number().int().min(0);
const atLeastOne = z.number().int().min(1);

const subgraphConfig = z.strictObject({
  /** Instead of the url in the supergraph; several are balanced. */
  urls: z
    .array(z.url({ protocol: /^https?$/ }))
    .min(1)
    .optional(),
  /** HTTP/2: by ALPN over https, with prior knowledge over http; default false. */
  http2: z.boolean().default(false),
});

/** Each as in transport/limits.ts, where its default and its reason stand. */
const transportLimits = z
  .strictObject({
    longestFetchMs: milliseconds,
    maxAnswerBytes: atLeastOne,
    maxConnections: atLeastOne,
    maxQueued: count,
    connectMs: milliseconds,
    idleConnectionMs: milliseconds,
    mutationIdleMs: milliseconds,
    retryRatio: z.number().min(0).max(1),
    retryBurst: count,
    breakerFailuresInRow: atLeastOne,
    breakerMinFetches: atLeastOne,
    breakerWindowMs: milliseconds,
    breakerOpenMs: milliseconds,
    breakerSlowMs: milliseconds,
  })
  .partial();

/** Each as in operation/limit-document.ts. */
const documentLimits = z
  .strictObject({
    tokens: atLeastOne,
    depth: atLeastOne,
    aliases: count,
    rootFields: atLeastOne,
    directivesPerField: count,
    directives: count,
  })
  .partial();

export const gatewayConfig = z.strictObject({
  /** Path of the composed supergraph, from the working directory. */
  supergraph: z.string({ error: 'is missing: the path of the composed supergraph' }).min(1),
  /** How often the file is looked at; 0 never. */
  supergraphPollMs: count.default(1_000),
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any that is free. */
  port: z.number().int().min(0).max(65_535).default(4000),
  path: z.string().startsWith('/').optional(),
  subgraphs: z.record(z.string(), subgraphConfig).default({}),
  transport: transportLimits.optional(),
  /** Paths of PEM files for https to subgraphs. */
  tls: z
    .strictObject({ ca: z.string().optional(), cert: z.string().optional(), key: z.string().optional() })
    .optional(),

  // Who asks, and what of it goes on.
  forwardHeaders: z.array(z.string()).optional(),
  /** Verifies bearer tokens; without it every caller is anonymous to @authenticated and @requiresScopes. */
  jwt: z
    .strictObject({
      jwksUrl: z.url({ protocol: /^https?$/ }),
      issuer: z.string().optional(),
      audience: z.string().optional(),
    })
    .optional(),

  // How long things may take.
  deadlineMs: milliseconds.optional(),
  mostDeadlineMs: milliseconds.optional(),
  planTimeoutMs: milliseconds.optional(),
  /** How long a stop waits for answers under way. */
  stopMs: milliseconds.default(10_000),

  // The HTTP front.
  statusCodes: z.enum(['2023', '2026']).optional(),
  csrfPrevention: z.union([z.boolean(), z.array(z.string())]).optional(),
  cors: z
    .strictObject({
      origins: z.union([z.literal('*'), z.array(z.url())]),
      credentials: z.boolean().optional(),
      maxAgeSeconds: count.optional(),
    })
    .optional(),
  compression: z.union([z.literal(false), z.strictObject({ thresholdBytes: count.optional() })]).optional(),
  persistedQueries: z.boolean().default(true),
  trustedDocuments: z.strictObject({ manifest: z.string(), only: z.boolean().default(true) }).optional(),
  mostInBatch: count.optional(),
  bodyLimitBytes: atLeastOne.optional(),
  mostHttpConnections: atLeastOne.optional(),

  // The engine.
  planner: z.enum(['auto', 'native', 'apollo']).optional(),
  introspection: z.boolean().optional(),
  defer: z.boolean().optional(),
  shareRequests: z.boolean().optional(),
  shareFetches: z.boolean().default(true),
  documentLimits: documentLimits.optional(),
  mostCost: z.number().min(0).optional(),
  overrideLabels: z.array(z.string()).optional(),
  rejectUnauthorized: z.boolean().optional(),

  // Watching.
  /** Prometheus text at /metrics. */
  metrics: z.boolean().default(true),
  /** For development: introspection, and plans and traces for requests that ask for them. */
  development: z.boolean().default(false),
});

export type GatewayConfig = z.infer<typeof gatewayConfig>;

/** A setting is wrong; the message names it. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
}

/** Throws ConfigInvalid. */
export function readGatewayConfig(given: unknown): GatewayConfig {
  const read = gatewayConfig.safeParse(given);
  if (read.success) return read.data;
  const lines = read.error.issues.map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
  throw new ConfigInvalid(lines.join('\n'));
}
