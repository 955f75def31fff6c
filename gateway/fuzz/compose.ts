// From subgraphs to a supergraph, by the reference implementation of composition.
import { composeServices } from '@apollo/composition';
import { GraphQLError, parse } from 'graphql';
import type { Sdls } from './facts.ts';

export type Composed =
  | { readonly sdl: string }
  /** Codes and messages of composition. */
  | { readonly errors: readonly string[] };

export function compose(sdls: Sdls): Composed {
  try {
    const { supergraphSdl, errors = [] } = composeServices(
      Object.entries(sdls).map(([name, sdl]) => ({
        name,
        url: `http://${name}.test`,
        typeDefs: parse(sdl, { noLocation: true }),
      })),
    );
    if (supergraphSdl !== undefined) return { sdl: supergraphSdl };
    return { errors: errors.map(({ message, extensions }) => `${String(extensions['code'])}: ${message}`) };
  } catch (error) {
    // Some of its checks throw.
    if (error instanceof GraphQLError || error instanceof Error)
      return { errors: [`THROWN: ${error.message}`] };
    throw error;
  }
}
