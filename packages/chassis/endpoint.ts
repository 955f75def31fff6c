// A command or question between services: where it is served, what goes in, what comes out. Both sides use
// the same value, so neither can send what the other does not read.
import type { z } from 'zod';

export interface Endpoint<Request extends z.ZodType = z.ZodType, Response extends z.ZodType = z.ZodType> {
  readonly service: string;
  /** Below /internal/, so that only service tokens reach it. */
  readonly path: `/internal/${string}`;
  readonly request: Request;
  readonly response: Response;
}

/** Endpoints are POSTs of JSON and idempotent, so that a caller may send them again after a fault. */
export function endpoint<Request extends z.ZodType, Response extends z.ZodType>(
  description: Endpoint<Request, Response>,
): Endpoint<Request, Response> {
  return description;
}
