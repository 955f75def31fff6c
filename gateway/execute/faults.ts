// Errors that the executor itself finds in what subgraphs answer, with codes that stay.
import type { SubgraphAnswer, SubgraphError } from '../subgraph-fetch.ts';

/** For clients: it names no subgraph. */
export const invalidValueCode = 'SUBGRAPH_INVALID_VALUE';

export function deadlineExceeded(): SubgraphAnswer {
  const error: SubgraphError = {
    message: 'The answer was not ready in time.',
    extensions: { code: 'DEADLINE_EXCEEDED' },
  };
  return { data: null, errors: [error] };
}

/** GraphQL, section 7.1: an answer without data says why. */
export function neitherDataNorErrors(): SubgraphAnswer {
  return { data: null, errors: [invalidValue('A part of the answer has neither data nor errors.')] };
}

export function invalidValue(message: string, path?: readonly (string | number)[]): SubgraphError {
  return { message, ...(path === undefined ? {} : { path }), extensions: { code: invalidValueCode } };
}
