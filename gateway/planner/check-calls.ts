// A client's field must be answered by the call that the client made, for objects of the type that it asked about. A
// planner that knows fields by their response keys takes what some @requires calls with other arguments for it; one that
// goes through an interface object may ask about the type of another branch.
import { Kind, type FieldNode, type ValueNode } from 'graphql';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { callText, fetchesOf } from './fetch-operation.ts';
import type { Plan, RootFetch } from './plan.ts';
import { ResponseFields, type ResponseField } from './response-fields.ts';

/** The first field that some fetch brings in the place of the client's; `asked`: the operation as it was planned. */
export function findMisread(
  plan: Plan,
  asked: string,
  supergraph: Supergraph,
  rootType: string,
): string | undefined {
  if (plan.root === undefined) return undefined;
  const response = new ResponseFields(supergraph, rootType);
  const wanted = new Map<string, ResponseField[]>();
  for (const one of response.broughtBy(clientsFetch(asked))) {
    const known = wanted.get(one.path);
    if (known === undefined) wanted.set(one.path, [one]);
    else known.push(one);
  }
  const astray = new Set<string>();
  const met = new Set<string>();
  for (const fetch of fetchesOf(plan.root)) {
    for (const brought of response.broughtBy(fetch)) {
      const asking = wanted.get(brought.path)?.filter((one) => canMeet(one, brought));
      if (asking === undefined) continue;
      (asking.length === 0 ? astray : met).add(brought.path);
      const other = asking.find((one) => !isSameCall(one.field, brought.field));
      if (other !== undefined)
        return `${fetch.subgraph} answers ${brought.path} with ${callText(brought.field)} instead of ${callText(other.field)}`;
    }
  }
  const [path] = astray.difference(met);
  return path === undefined
    ? undefined
    : `${path} is asked only of objects that the client does not ask about`;
}

/** As if one subgraph had everything. */
function clientsFetch(operation: string): RootFetch {
  return {
    kind: 'root',
    subgraph: 'the client',
    operationKind: 'query',
    operation,
    variables: [],
    outputRewrites: [],
  };
}

function canMeet({ chain }: ResponseField, other: ResponseField): boolean {
  return chain.every((types, depth) => !(other.chain[depth]?.isDisjointFrom(types) ?? true));
}

function isSameCall(left: FieldNode, right: FieldNode): boolean {
  if (left.name.value !== right.name.value) return false;
  const [one, other] = [left.arguments ?? [], right.arguments ?? []];
  if (one.length !== other.length) return false;
  return one.every(({ name, value }) =>
    other.some((given) => given.name.value === name.value && textOf(given.value) === textOf(value)),
  );
}

/**
 * Equal for what means the same, however a planner has written it: an ID may be a number, a list of one thing that thing.
 * Different for everything else: strings and whole numbers are in quotes, and nothing else is.
 */
function textOf(value: ValueNode): string {
  switch (value.kind) {
    case Kind.VARIABLE:
      return `$${value.name.value}`;
    case Kind.FLOAT: {
      const number = Number(value.value);
      return Number.isInteger(number) ? JSON.stringify(String(number)) : String(number);
    }
    case Kind.INT:
    case Kind.STRING:
      return JSON.stringify(value.value);
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return String(value.value);
    case Kind.NULL:
      return 'null';
    case Kind.LIST: {
      const [only, ...others] = value.values;
      // Null itself is coerced to no list.
      if (only !== undefined && only.kind !== Kind.NULL && others.length === 0) return textOf(only);
      return `[${value.values.map(textOf).join(' ')}]`;
    }
    case Kind.OBJECT: {
      const fields = value.fields.map((field) => `${field.name.value}:${textOf(field.value)}`);
      return `{${fields.toSorted().join(' ')}}`;
    }
    default:
      return value satisfies never;
  }
}
