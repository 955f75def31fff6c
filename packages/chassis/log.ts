// Structured logs by pino: one JSON line with time, level, service, correlation id, trace and order id. Tokens and
// personal data are redacted here, for every service alike.
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { z } from 'zod';
import { currentContext } from './context.ts';

export type Logger = PinoLogger;

const sensitive = [
  'authorization',
  'token',
  'accessToken',
  'access_token',
  'password',
  'secret',
  'cookie',
  'email',
  'name',
];

/** pino's levels. */
export const logLevelSetting = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

export interface LogOptions {
  readonly service: string;
  readonly level?: string;
  readonly destination?: DestinationStream;
}

export function createLogger({ service, level = 'info', destination }: LogOptions): Logger {
  const options = {
    level,
    base: { service },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      // Three levels deep, as in { request: { headers: { authorization } } }.
      paths: sensitive.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
      censor: '[redacted]',
    },
    mixin() {
      const context = currentContext();
      if (context === undefined) return {};
      const { correlationId, orderId, traceparent } = context;
      // OpenTelemetry's names for logs that are not its own.
      const ids = { correlationId, trace_id: traceparent.slice(3, 35), span_id: traceparent.slice(36, 52) };
      return orderId === undefined ? ids : { ...ids, orderId };
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
