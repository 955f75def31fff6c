// The customers behind sign-ins: who a user name and password stand for, and which accounts a token may act on. The
// service that knows them is asked each time, so that what it takes away is gone with the next token.
import { errors } from 'oidc-provider';
import type { ServiceClient } from '@simplebank/chassis';
import { getGrants } from '@simplebank/contracts';
import type { OpenIdStore } from './openid-store.ts';
import type { SignIns } from './sign-ins.ts';

export interface Grants {
  readonly customerId: string;
  readonly accountIds: readonly string[];
}

export interface PasswordSignIn {
  /** Undefined when the password is wrong or the customer is not known. */
  signIn(username: string, password: string): Promise<Grants | undefined>;
}

export interface Customers extends PasswordSignIn {
  /** Throws InvalidGrant for a customer who is no longer known, since a client can only sign in again. */
  accountsOf(customerId: string): Promise<readonly string[]>;
}

export function passwordSignIn(signIns: SignIns, client: ServiceClient): PasswordSignIn {
  return {
    async signIn(username, password) {
      if (!(await signIns.check(username, password))) return undefined;
      return (await client.call(getGrants, { username })).grants ?? undefined;
    },
  };
}

export function createCustomers(given: {
  passwords: PasswordSignIn;
  client: ServiceClient;
  store: OpenIdStore;
}): Customers {
  const { passwords, client, store } = given;
  return {
    async signIn(username, password) {
      const grants = await passwords.signIn(username, password);
      if (grants === undefined) return undefined;
      await store.rememberAccount({ customerId: grants.customerId, username });
      return grants;
    },
    async accountsOf(customerId) {
      const username = await store.usernameOf(customerId);
      const { grants } =
        username === undefined ? { grants: null } : await client.call(getGrants, { username });
      if (grants?.customerId !== customerId) throw new errors.InvalidGrant('the customer is not known');
      return grants.accountIds;
    },
  };
}
