// Holds a change of the schema against what published clients ask: which operation of which version it breaks, and
// which fields nobody asks for.
import {
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  parse,
  validate,
  type GraphQLSchema,
} from 'graphql';
import { guardChanges, type Guards } from './guard-changes.ts';
import type { PublishedOperation } from './manifest.ts';
import { usageOf } from './operation-usage.ts';
import { changesBetween } from './schema-changes.ts';

export interface ContractSchema {
  /** What clients see. */
  readonly api: GraphQLSchema;
  /** Undefined where only the API is known: guards are then not compared. */
  readonly guards: Guards | undefined;
}

export interface Finding {
  readonly level: 'breaking' | 'dangerous';
  readonly message: string;
  /** Such as `bff-mobile 1.2.0: OrderScreen`. */
  readonly operations: readonly string[];
}

export interface ContractReport {
  readonly findings: readonly Finding[];
  /** Fields of the new schema by coordinate, such as `Order.canceled`. */
  readonly unused: readonly string[];
}

export interface Contract {
  readonly before: ContractSchema;
  readonly after: ContractSchema;
  readonly published: readonly PublishedOperation[];
}

export async function checkContracts({ before, after, published }: Contract): Promise<ContractReport> {
  const known = published.map((operation) => ({
    name: `${operation.consumer} ${operation.version}: ${operation.name}`,
    usage: usageOf(before.api, operation.document),
    operation,
  }));
  const changes = await changesBetween(before.api, after.api);
  if (before.guards && after.guards) changes.push(...guardChanges(before.guards, after.guards));
  const findings: Finding[] = changes.map(({ level, message, concerns }) => ({
    level,
    message,
    operations: known.filter(({ usage }) => concerns(usage)).map(({ name }) => name),
  }));
  const explained = new Set(findings.filter(breaksConsumer).flatMap(({ operations }) => operations));
  for (const { name, operation } of known) {
    const [error] = validate(after.api, parse(operation.document));
    // Whatever the changes are called: what the new schema refuses is broken.
    if (error !== undefined && !explained.has(name))
      findings.push({ level: 'breaking', message: error.message, operations: [name] });
  }
  return { findings, unused: unusedFields(after.api, published) };
}

export function breaksConsumer({ level, operations }: Finding): boolean {
  return level === 'breaking' && operations.length > 0;
}

function unusedFields(schema: GraphQLSchema, published: readonly PublishedOperation[]): string[] {
  const used = new Set(published.flatMap(({ document }) => [...usageOf(schema, document).coordinates]));
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) || isInterfaceType(type))
    .filter((type) => !isIntrospectionType(type))
    .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`))
    .filter((coordinate) => !used.has(coordinate))
    .toSorted();
}
