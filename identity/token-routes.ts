// POST /token signs a customer in; /.well-known/jwks.json publishes the key that its tokens are checked with. A token has
// every scope, or those that its client asks for.
import { SignJWT } from 'jose';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  accessTokenAlgorithm,
  accessTokenAudience,
  PublicError,
  type ServiceClient,
} from '@simplebank/chassis';
import { errorCodes, getGrants, scopes } from '@simplebank/contracts';
import type { SignIns } from './sign-ins.ts';
import type { SigningKey } from './signing-key.ts';

/** A token lives this long; whoever holds one longer must sign in again. */
const tokenLifetimeSeconds = 300;
const longestField = 200;
/** Who signs in may still send the token that has expired. */
const anonymous = { config: { anonymous: true } };

const signInSchema = z.object({
  username: z.string().min(1).max(longestField),
  password: z.string().min(1).max(longestField),
  /** RFC 6749, section 3.3: names with a space between them. */
  scope: z
    .string()
    .max(longestField)
    .default(scopes.join(' '))
    .transform((text) => new Set(text.split(' ')))
    .pipe(z.set(z.enum(scopes))),
});

const malformed = `Send { "username", "password" } as JSON, with "scope" for a token of fewer than ${scopes.join(', ')}.`;

export interface TokenRoutesOptions {
  readonly issuer: string;
  readonly key: SigningKey;
  readonly signIns: SignIns;
  readonly client: ServiceClient;
}

export function tokenRoutes(
  app: FastifyInstance,
  { issuer, key, signIns, client }: TokenRoutesOptions,
): void {
  app.get('/.well-known/jwks.json', anonymous, async () => ({ keys: [key.publicJwk] }));

  app.post('/token', anonymous, async (request, reply) => {
    const body = signInSchema.safeParse(request.body);
    if (!body.success) throw new PublicError({ code: 'BAD_REQUEST', message: malformed });
    const { username, password } = body.data;
    const scope = [...body.data.scope].join(' ');
    const { grants } = (await signIns.check(username, password))
      ? await client.call(getGrants, { username })
      : { grants: null };
    if (grants === null)
      throw new PublicError({ code: 'SIGN_IN_FAILED', message: errorCodes.SIGN_IN_FAILED.message });
    const token = await new SignJWT({ accounts: grants.accountIds, scope })
      .setProtectedHeader({ alg: accessTokenAlgorithm, kid: key.id })
      .setSubject(grants.customerId)
      .setIssuer(issuer)
      .setAudience(accessTokenAudience)
      .setIssuedAt()
      .setExpirationTime(`${tokenLifetimeSeconds}s`)
      .sign(key.privateKey);
    // RFC 6749, section 5.1: an answer with a token is never cached.
    void reply.header('cache-control', 'no-store');
    return { access_token: token, token_type: 'Bearer', expires_in: tokenLifetimeSeconds, scope };
  });
}
