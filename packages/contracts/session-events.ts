// What identity says of sign-ins, stream `sessions`: aggregate = session id, the claim `sid` of the access tokens that
// were signed for it. An issuer that takes identity's place in production publishes the same.
import { z } from 'zod';

export const sessionsStream = 'sessions';

export const sessionEventSchemas = {
  /** Nobody gets a token of it any more; those that live are refused from now on. A session has no other event. */
  SessionEnded: z.object({ customerId: z.string() }),
} as const;

export type SessionEventType = keyof typeof sessionEventSchemas;
export type SessionEventData<T extends SessionEventType> = z.infer<(typeof sessionEventSchemas)[T]>;
