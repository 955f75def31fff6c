// The entities of all subgraphs, read from their schemas: every type with a key, and for each of its fields one
// `_entities` query that asks for the victim's thing. A new key without a value of the victim is an error.
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  buildASTSchema,
  isObjectType,
  parse,
  type ConstDirectiveNode,
  type GraphQLObjectType,
} from 'graphql';
import { fieldDocument, fieldsOf, type Walk } from './schema-walk.fixture.ts';

export interface Representation {
  readonly __typename: string;
  readonly [field: string]: string;
}

export interface EntityField {
  readonly subgraph: string;
  readonly type: string;
  readonly field: string;
  /** A field of the key says only what was asked with. */
  readonly isKey: boolean;
  readonly query: string;
  readonly representation: Representation;
}

const root = fileURLToPath(new URL('../', import.meta.url));

/** `keys` names the victim's thing for each entity type. */
export function entityFields(
  keys: Readonly<Record<string, Readonly<Record<string, string>>>>,
  walk: Walk,
): readonly EntityField[] {
  return globSync('subgraphs/*/schema.graphql', { cwd: root })
    .toSorted()
    .flatMap((file) => {
      const subgraph = basename(dirname(file));
      // Federation's directives are not defined in the file, so the SDL cannot be validated here.
      const schema = buildASTSchema(parse(readFileSync(`${root}/${file}`, 'utf8')), { assumeValidSDL: true });
      return Object.values(schema.getTypeMap())
        .filter(isObjectType)
        .flatMap((type) => entityFieldsOf({ subgraph, type, keys, walk }));
    });
}

function entityFieldsOf(given: {
  subgraph: string;
  type: GraphQLObjectType;
  keys: Readonly<Record<string, Readonly<Record<string, string>>>>;
  walk: Walk;
}): readonly EntityField[] {
  const { subgraph, type, keys, walk } = given;
  const keyFields = resolvableKeys(type);
  if (keyFields.length === 0) return [];
  const key = keys[type.name];
  if (key === undefined) throw new Error(`${type.name} of ${subgraph} is new: give its key of the victim`);
  for (const fields of keyFields) {
    for (const field of fields.split(' ')) {
      if (key[field] === undefined) throw new Error(`${type.name}.${field} is a new key of ${subgraph}`);
    }
  }
  return fieldsOf(type).map((field) => ({
    subgraph,
    type: type.name,
    field: field.name,
    isKey: field.name in key,
    query: `query Entities($of: [_Any!]!) { _entities(representations: $of) { ... on ${type.name} { ${fieldDocument(type, field, walk)} } } }`,
    representation: { __typename: type.name, ...key },
  }));
}

/** The `fields` of each @key, without those that the subgraph only refers by. */
function resolvableKeys({ astNode, extensionASTNodes }: GraphQLObjectType): string[] {
  const directives = [astNode, ...extensionASTNodes].flatMap((node) => node?.directives ?? []);
  return directives
    .filter(({ name }) => name.value === 'key')
    .filter((directive) => argumentOf(directive, 'resolvable') !== false)
    .map((directive) => String(argumentOf(directive, 'fields')));
}

function argumentOf(directive: ConstDirectiveNode, name: string): string | boolean | undefined {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === 'StringValue' || value?.kind === 'BooleanValue' ? value.value : undefined;
}
