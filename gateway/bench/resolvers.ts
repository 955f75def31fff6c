// The resolvers of the bench's subgraphs, as narrow as they need to be.

type Resolve = (source: never, args: never) => unknown;

/** By type, by field; `__resolveReference` finds an entity by its representation. */
export type IResolvers = Readonly<Record<string, Readonly<Record<string, Resolve>>>>;
