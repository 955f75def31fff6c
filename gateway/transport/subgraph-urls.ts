// Where subgraphs are, asked with each fetch: at the addresses of the config, or else at the url in the live supergraph.
// What the supergraph before it named is kept, since requests that began on that one may still be under way.
import type { Supergraph } from '../supergraph/supergraph.ts';

const nowhere: readonly string[] = [];

export class SubgraphUrls {
  readonly #configured: (subgraph: string) => readonly string[] | undefined;
  #supergraph: Supergraph | undefined;
  #byName = new Map<string, readonly string[]>();

  constructor(configured: (subgraph: string) => readonly string[] | undefined = () => undefined) {
    this.#configured = configured;
  }

  /** The same list as long as nothing changes. */
  of(subgraph: string, live: Supergraph | undefined): readonly string[] {
    if (live !== undefined && live !== this.#supergraph) this.#follow(live);
    return this.#byName.get(subgraph) ?? nowhere;
  }

  #follow(live: Supergraph): void {
    const before = this.#supergraph?.subgraphs ?? [];
    const byName = new Map(before.map(({ name }) => [name, this.#byName.get(name) ?? nowhere]));
    for (const { name, url } of live.subgraphs) {
      byName.set(name, this.#configured(name) ?? (url === undefined || url === '' ? nowhere : [url]));
    }
    this.#supergraph = live;
    this.#byName = byName;
  }
}
