// A whole bank for one test file, in the wiring that the tests run against: every server on a port of its own, a real
// Postgres and a real exchange, data in a temporary folder.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bankClient, signIn, until, type BankClient } from '@simplebank/testkit';
import { startWired, type WiredBank } from './wired-bank.fixture.ts';

export interface StartedBank extends AsyncDisposable {
  readonly bank: WiredBank;
  readonly dataDir: string;
  /** Signs in at a BFF; the client's socket closes with the bank. */
  client(username: string, bff?: 'bff-web' | 'bff-mobile'): Promise<BankClient>;
}

/** `redisUrl` of a Redis that the test kills and flushes. */
export async function startedBank(
  environment: Record<string, string> = {},
  options: { readonly redisUrl?: string } = {},
): Promise<StartedBank> {
  const dataDir = await mkdtemp(join(tmpdir(), 'simplebank-e2e-'));
  const bank = await startWired({
    dataDir,
    environment: { ...process.env, ...environment },
    anyPorts: true,
    ...options,
  });
  await until('the market quotes', async () => isQuoted(bank));
  const clients: BankClient[] = [];
  return {
    bank,
    dataDir,
    async client(username, bff = 'bff-web') {
      const token = await signIn({ identityUrl: bank.addresses.identity, username });
      const client = bankClient({ bffUrl: bank.addresses[bff], token });
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()));
      await bank.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The exchange is another company: a bank that is ready may be without its prices for a moment, in some replicas. */
async function isQuoted(bank: WiredBank): Promise<boolean> {
  const token = await signIn({ identityUrl: bank.addresses.identity, username: 'ada' });
  const quoted = bank.urlsOf('market').map(async (url) => {
    const { data } = await bankClient({ bffUrl: url, token }).ask<{ instrument: { quote: object | null } }>(
      '{ instrument(symbol: "ACME") { quote { last } } }',
    );
    return data?.instrument.quote != null;
  });
  return (await Promise.all(quoted)).every((isSo) => isSo);
}
