// Composes small subgraphs as their authors would, so that tests read what composition really makes of a directive.
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@shareable", "@external", "@requires", "@interfaceObject", "@composeDirective", "@inaccessible",
  "@authenticated", "@requiresScopes", "@policy"
])\n`;

/** By name of the subgraph; federation is linked already. */
export function composed(subgraphs: Readonly<Record<string, string>>): Supergraph {
  const { supergraphSdl, errors } = compose(subgraphs);
  if (supergraphSdl === undefined) throw new Error(errors.join('\n'));
  return readSupergraph(supergraphSdl);
}

/** What composition says against it. */
export function compositionErrors(subgraphs: Readonly<Record<string, string>>): readonly string[] {
  return compose(subgraphs).errors;
}

function compose(subgraphs: Readonly<Record<string, string>>): {
  supergraphSdl: string | undefined;
  errors: readonly string[];
} {
  const services = Object.entries(subgraphs).map(([name, sdl]) => ({
    name,
    url: `http://127.0.0.1/${name}`,
    typeDefs: parse(sdl.includes('specs.apollo.dev/federation') ? sdl : federation + sdl),
  }));
  const { supergraphSdl, errors = [] } = composeServices(services);
  return { supergraphSdl, errors: errors.map(({ message }) => message) };
}
