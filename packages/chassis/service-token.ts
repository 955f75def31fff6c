// Tokens between services: HS256 JWTs of one minute, made by the calling service for one target. /internal/*
// takes nothing else, so a token that leaks from one service opens no other.
import { createHmac } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';

const lifetimeSeconds = 60;
/** A token is used until this much of its life is left, so that it never expires on its way. */
const renewBeforeSeconds = 20;

export interface ServiceTokens {
  /** The Authorization header for a call to `target`. */
  headerFor(target: string): Promise<string>;
  /** The calling service's name, or undefined when the header is no service token for this service. */
  verify(authorization: string | undefined): Promise<string | undefined>;
}

export function createServiceTokens(options: { service: string; secret: string }): ServiceTokens {
  const made = new Map<string, { header: string; renewAtMs: number }>();
  const verified = new Map<string, { caller: string; expiresAtMs: number }>();
  const keyOf = (target: string) =>
    createHmac('sha256', options.secret).update(`service-token:${target}`).digest();

  return {
    async headerFor(target) {
      const kept = made.get(target);
      if (kept !== undefined && kept.renewAtMs > Date.now()) return kept.header;
      const token = await new SignJWT({})
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(options.service)
        .setAudience(target)
        .setIssuedAt()
        .setExpirationTime(`${lifetimeSeconds}s`)
        .sign(keyOf(target));
      const header = `Bearer ${token}`;
      made.set(target, { header, renewAtMs: Date.now() + (lifetimeSeconds - renewBeforeSeconds) * 1000 });
      return header;
    },

    async verify(authorization) {
      if (authorization === undefined || !authorization.startsWith('Bearer ')) return undefined;
      const kept = verified.get(authorization);
      if (kept !== undefined && kept.expiresAtMs > Date.now()) return kept.caller;
      try {
        const { payload } = await jwtVerify(authorization.slice('Bearer '.length), keyOf(options.service), {
          audience: options.service,
          algorithms: ['HS256'],
        });
        const { iss, exp } = payload;
        if (iss === undefined || exp === undefined) return undefined;
        // One token a caller and minute: what has expired goes when the next one comes.
        for (const [header, entry] of verified) if (entry.expiresAtMs <= Date.now()) verified.delete(header);
        verified.set(authorization, { caller: iss, expiresAtMs: exp * 1000 });
        return iss;
      } catch {
        return undefined;
      }
    },
  };
}
