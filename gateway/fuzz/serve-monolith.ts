// The same data behind one schema: what a client must see whatever the gateway does.
import { execute, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { Facts } from './facts.ts';
import { throwIfFaulty, type FieldFault } from './field-fault.ts';
import { isThing, trueValue, type Clock, type Thing, type World } from './world.ts';

export interface MonolithCall {
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly fault: FieldFault | undefined;
}

export interface MonolithAnswer {
  readonly data: Record<string, unknown> | null;
  readonly errors: readonly { readonly message: string; readonly path?: readonly (string | number)[] }[];
}

export type ServeMonolith = (call: MonolithCall) => MonolithAnswer;

export function serveMonolith(facts: Facts, world: World, schema: GraphQLSchema): ServeMonolith {
  return ({ document, variables, fault }) => {
    const clock: Clock = { mutations: 0 };
    const result = execute({
      schema,
      document,
      variableValues: variables,
      fieldResolver(source: Thing | undefined, args: Record<string, unknown>, _context, info) {
        const isMutation = info.parentType.name === 'Mutation';
        const root = isMutation ? world.roots.Mutation : world.roots.Query;
        const thing = source ?? { stored: root, reference: undefined };
        if (isMutation) clock.mutations += 1;
        throwIfFaulty(fault, thing, info.fieldName);
        return trueValue(facts, world, thing, info.fieldName, args, clock);
      },
      typeResolver: (value) => (isThing(value) ? value.stored.$type : undefined),
    });
    if (result instanceof Promise) throw new Error('all resolvers of the monolith are synchronous');
    const { data = null, errors = [] } = result;
    return {
      data: data === null ? null : (JSON.parse(JSON.stringify(data)) as Record<string, unknown>),
      errors: errors.map(({ message, path }) => ({ message, ...(path === undefined ? {} : { path }) })),
    };
  };
}
