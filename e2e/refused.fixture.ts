// How an operation over the socket is refused: by an error message before it begins, which the graphql-ws client
// throws as a list, or by a result with errors. And whatever else it says.
import type { BankClient } from '@simplebank/testkit';
import type { WireError } from './http.fixture.ts';
import { leavesOf } from './schema-walk.fixture.ts';

export interface Refusal {
  readonly errors: readonly WireError[];
  /** Every value in the data and extensions of its results. */
  readonly said: readonly unknown[];
}

export async function refusalOf(
  client: BankClient,
  query: string,
  variables: Record<string, unknown>,
): Promise<Refusal> {
  const said: unknown[] = [];
  const refused: WireError[] = [];
  try {
    for await (const { data, errors = [], extensions } of client.follow(query, variables)) {
      refused.push(...errors);
      said.push(...leavesOf({ data, extensions }));
    }
  } catch (error) {
    if (!Array.isArray(error)) throw error;
    refused.push(...(error as WireError[]));
  }
  return { errors: refused, said };
}
