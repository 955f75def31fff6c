// One folder of the corpus, opened: its supergraph composed, its planners loaded, its subgraphs and its monolith served.
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { compose } from '../fuzz/compose.ts';
import { Facts, type Sdls } from '../fuzz/facts.ts';
import { serveMonolith, type ServeMonolith } from '../fuzz/serve-monolith.ts';
import { serveSubgraph, type ServeSubgraph } from '../fuzz/serve-subgraph.ts';
import { createApolloPlanner } from '../planner/apollo-planner.ts';
import { createNativePlanner } from '../planner/native-planner.ts';
import type { Planner } from '../planner/planner.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import type { OverrideChoice } from './corpus-case.ts';
import { EngineRuns } from './engine-runs.ts';
import type { PlannerName } from './known-limits.ts';
import { underOverride, type Folder } from './read-folder.ts';

export interface OpenFolder {
  readonly folder: Folder;
  readonly supergraph: Supergraph;
  readonly planners: Readonly<Record<PlannerName, Planner>>;
  readonly monolith: ServeMonolith;
  readonly engines: EngineRuns;
  subgraphs(override: OverrideChoice): ReadonlyMap<string, ServeSubgraph>;
  close(): Promise<void>;
}

/** Throws when the SDLs do not compose or a planner refuses the supergraph. */
export async function openFolder(folder: Folder): Promise<OpenFolder> {
  const sdl = supergraphOf(folder);
  const [native, apollo] = await Promise.all([createNativePlanner(sdl), createApolloPlanner(sdl)]);
  const engines = new EngineRuns(sdl);
  const served = new Map<string, ReadonlyMap<string, ServeSubgraph>>();
  return {
    folder,
    supergraph: readSupergraph(sdl),
    planners: { native, apollo },
    monolith: serveMonolith(new Facts(folder.sdls), folder.world, apollo.apiSchema),
    engines,
    subgraphs(override) {
      const key = JSON.stringify(override);
      let found = served.get(key);
      if (found === undefined) served.set(key, (found = serveAll(folder, override)));
      return found;
    },
    async close() {
      await Promise.all([native.close(), apollo.close(), engines.close()]);
    },
  };
}

function supergraphOf({ name, sdls, isUnsatisfied }: Folder): string {
  if (isUnsatisfied) return composeUnsatisfied(sdls);
  const composed = compose(sdls);
  if ('errors' in composed) throw new Error(`${name}: ${composed.errors.join('\n')}`);
  return composed.sdl;
}

function composeUnsatisfied(sdls: Sdls): string {
  const { supergraphSdl, errors = [] } = composeServices(
    Object.entries(sdls).map(([name, sdl]) => ({ name, url: `http://${name}.test`, typeDefs: parse(sdl) })),
    { runSatisfiability: false },
  );
  if (supergraphSdl === undefined) throw new Error(errors.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}

function serveAll({ sdls, world }: Folder, override: OverrideChoice): ReadonlyMap<string, ServeSubgraph> {
  const facts = new Facts(underOverride(sdls, override));
  return new Map(Object.keys(sdls).map((name) => [name, serveSubgraph(facts, world, name)]));
}
