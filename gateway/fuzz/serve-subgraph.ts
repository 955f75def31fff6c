// One subgraph over the world's data, strict where real subgraphs are strict: it validates what it is asked, serves an
// @external field only where it provides it, computes a @requires field from the representation alone, and refuses a
// field that @override has taken from it. So a gateway that asks wrongly is found out.
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  execute,
  GraphQLError,
  isUnionType,
  Kind,
  parse,
  validate,
  type DocumentNode,
  type FieldNode,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type SelectionNode,
} from 'graphql';
import type { SubgraphAnswer } from '../subgraph-fetch.ts';
import { findEntity } from './find-entity.ts';
import type { Facts, Serving } from './facts.ts';
import { throwIfFaulty, type FieldFault } from './field-fault.ts';
import type { SubgraphFacts } from './subgraph-facts.ts';
import { isRecord, isThing, readField, trueValue, type Clock, type Thing, type World } from './world.ts';

/** Messages of a subgraph that was asked for what it does not serve at that place: the plan is wrong. */
export const askedWrongly = /^[\w-]+ was asked for /;

/** A thing with how this subgraph came by it. */
interface Held extends Thing {
  readonly representation?: Readonly<Record<string, unknown>>;
  /** @external fields that may be asked for here. */
  readonly provided?: readonly SelectionNode[];
}

export interface SubgraphCall {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly clock: Clock;
  readonly fault: FieldFault | undefined;
}

export type ServeSubgraph = (call: SubgraphCall) => SubgraphAnswer;

/** Documents kept for each subgraph: one supergraph sees a few hundred. */
const mostDocuments = 2_000;

export function serveSubgraph(facts: Facts, world: World, name: string): ServeSubgraph {
  const subgraph = facts.subgraphs.get(name);
  if (subgraph === undefined) throw new Error(`no subgraph ${name}`);
  const schema = buildSubgraphSchema({ typeDefs: subgraph.document });
  const entities = schema.getQueryType()?.getFields()['_entities'];
  // The library's own resolver would look for reference resolvers; the one below does it all.
  if (entities !== undefined) delete entities.resolve;
  const entityUnion = schema.getType('_Entity');
  if (isUnionType(entityUnion)) entityUnion.resolveType = undefined;
  const known = new Map<string, DocumentNode | readonly GraphQLError[]>();
  const read = (text: string) => {
    let found = known.get(text);
    if (found === undefined) {
      const document = parse(text, { noLocation: true });
      const errors = validate(schema, document);
      found = errors.length === 0 ? document : errors;
      if (known.size < mostDocuments) known.set(text, found);
    }
    return found;
  };
  const fieldResolver = resolverOf(facts, world, subgraph);
  return ({ query, variables, clock, fault }) => {
    const document = read(query);
    if (!('kind' in document)) return refused(name, document);
    const result = execute({
      schema,
      document,
      rootValue: undefined,
      contextValue: { clock, fault },
      variableValues: variables,
      fieldResolver,
      typeResolver: (value) => (isThing(value) ? nameHere(subgraph, value.stored.$type, facts) : undefined),
    });
    if (result instanceof Promise) throw new Error('all resolvers of a subgraph are synchronous');
    // Answers cross the network as text; whoever asked may change what it gets.
    const { data = null, errors = [] } = JSON.parse(JSON.stringify(result)) as Partial<SubgraphAnswer>;
    return { data, errors };
  };
}

function refused(name: string, errors: readonly GraphQLError[]): SubgraphAnswer {
  return {
    data: null,
    errors: errors.map(({ message }) => ({
      message: `${name} was asked for an invalid operation: ${message}`,
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    })),
  };
}

type Context = Pick<SubgraphCall, 'clock' | 'fault'>;

function resolverOf(
  facts: Facts,
  world: World,
  subgraph: SubgraphFacts,
): GraphQLFieldResolver<Held | undefined, Context> {
  return (source, args: Record<string, unknown>, { clock, fault }, info) => {
    const { fieldName, parentType } = info;
    if (fieldName === '_entities' && source === undefined) {
      return (args['representations'] as Record<string, unknown>[]).map((representation) =>
        findEntity(facts, world, subgraph, representation),
      );
    }
    const root = parentType.name === 'Mutation' ? world.roots.Mutation : world.roots.Query;
    const held: Held = source ?? { stored: root, reference: undefined };
    const { $type } = held.stored;
    if ($type === 'Mutation' && source === undefined) clock.mutations += 1;
    throwIfFaulty(fault, held, fieldName);
    const serving = facts
      .servings($type, fieldName)
      .find((candidate) => candidate.subgraph === subgraph.name);
    if (serving === undefined) throw new Error(`${subgraph.name} has no ${$type}.${fieldName}`);
    const provided = selectionOf(held.provided, fieldName);
    refuseWrongAsking(serving, provided, info);
    const value =
      serving.requires === undefined
        ? trueValue(facts, world, held, fieldName, args, clock)
        : readField(world, held, fieldName, {
            args,
            required: requiredOf(serving, held),
            clock,
            isMutation: false,
            isText: facts.call($type, fieldName).isText,
          });
    const inner = [...(provided?.selectionSet?.selections ?? []), ...(serving.provides ?? [])];
    return inner.length === 0 ? value : providing(value, inner);
  };
}

function refuseWrongAsking(
  { isOverridden, isExternal, subgraph }: Serving,
  provided: FieldNode | undefined,
  { parentType, fieldName }: GraphQLResolveInfo,
): void {
  if (isOverridden)
    throw new GraphQLError(`${subgraph} was asked for ${parentType.name}.${fieldName}, overridden elsewhere`);
  if (isExternal && provided === undefined)
    throw new GraphQLError(
      `${subgraph} was asked for ${parentType.name}.${fieldName}, which is external to it`,
    );
}

/** The field among those that are provided here, also inside fragments. */
function selectionOf(selections: readonly SelectionNode[] = [], field: string): FieldNode | undefined {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD && selection.name.value === field) return selection;
    if (selection.kind !== Kind.INLINE_FRAGMENT) continue;
    const found = selectionOf(selection.selectionSet.selections, field);
    if (found !== undefined) return found;
  }
  return undefined;
}

function providing(value: unknown, provided: readonly SelectionNode[]): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => providing(item, provided));
  return isThing(value) ? { ...value, provided } : value;
}

/** From the representation only; without one the gateway has asked too early. */
function requiredOf({ requires, subgraph, node }: Serving, { representation }: Held): unknown {
  if (requires === undefined) return undefined;
  if (representation === undefined)
    throw new GraphQLError(`${subgraph} was asked for ${node.name.value} without a representation`);
  return pickFrom(representation, requires, `${subgraph} was asked for ${node.name.value}`);
}

function pickFrom(
  object: Readonly<Record<string, unknown>>,
  selections: readonly SelectionNode[],
  where: string,
  isOptional = false,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      // A condition is met by whoever brings its fields: nothing says that a representation tells nested types.
      Object.assign(result, pickFrom(object, selection.selectionSet.selections, where, true));
    } else if (selection.kind === Kind.FIELD && selection.name.value !== '__typename') {
      const name = selection.name.value;
      if (!Object.hasOwn(object, name)) {
        if (isOptional) continue;
        throw new GraphQLError(`${where} without ${name}`);
      }
      result[name] = pickInside(object[name], selection.selectionSet?.selections, where);
    }
  }
  return result;
}

function pickInside(
  value: unknown,
  selections: readonly SelectionNode[] | undefined,
  where: string,
): unknown {
  if (selections === undefined) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => pickInside(item, selections, where));
  return isRecord(value) ? pickFrom(value, selections, where) : value;
}

function nameHere(subgraph: SubgraphFacts, typeName: string, facts: Facts): string {
  if (subgraph.objects.has(typeName)) return typeName;
  return [...subgraph.interfaceObjects].find((name) => facts.isPossible(name, typeName)) ?? typeName;
}
