// POST /token signs a customer in by password alone, for tests and demos of the API; /.well-known/jwks.json publishes the
// keys that all tokens are checked with. A token has every scope, or those that its client asks for.
import { SignJWT } from 'jose';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { accessTokenAlgorithm, accessTokenAudience, PublicError } from '@simplebank/chassis';
import { errorCodes, scopes } from '@simplebank/contracts';
import type { PasswordSignIn } from './customers.ts';
import type { SigningKeys } from './signing-keys.ts';

/** A token lives this long; whoever holds one longer must sign in again. */
export const tokenLifetimeSeconds = 300;
export const longestField = 200;
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
  readonly keys: SigningKeys;
  readonly passwords: PasswordSignIn;
}

export function tokenRoutes(app: FastifyInstance, { issuer, keys, passwords }: TokenRoutesOptions): void {
  app.get('/.well-known/jwks.json', anonymous, async () => {
    const { published } = await keys.current();
    return { keys: published.map(({ publicJwk }) => publicJwk) };
  });

  app.post('/token', anonymous, async (request, reply) => {
    const body = signInSchema.safeParse(request.body);
    if (!body.success) throw new PublicError({ code: 'BAD_REQUEST', message: malformed });
    const { username, password } = body.data;
    const scope = [...body.data.scope].join(' ');
    const grants = await passwords.signIn(username, password);
    if (grants === undefined)
      throw new PublicError({ code: 'SIGN_IN_FAILED', message: errorCodes.SIGN_IN_FAILED.message });
    const { signing } = await keys.current();
    const token = await new SignJWT({ accounts: grants.accountIds, scope })
      .setProtectedHeader({ alg: accessTokenAlgorithm, kid: signing.id })
      .setSubject(grants.customerId)
      .setIssuer(issuer)
      .setAudience(accessTokenAudience)
      .setIssuedAt()
      .setExpirationTime(`${tokenLifetimeSeconds}s`)
      .sign(signing.privateKey);
    // RFC 6749, section 5.1: an answer with a token is never cached.
    void reply.header('cache-control', 'no-store');
    return { access_token: token, token_type: 'Bearer', expires_in: tokenLifetimeSeconds, scope };
  });
}
