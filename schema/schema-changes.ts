// The changes between two schemas that can hurt a consumer, each with the rule that says whose operation it hurts.
// GraphQL Inspector finds and grades them; what an operation uses decides.
import { ChangeType, CriticalityLevel, diff, type Change } from '@graphql-inspector/core';
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLSchema,
} from 'graphql';
import type { Usage } from './operation-usage.ts';

export interface SchemaChange {
  /** Dangerous: the operation still gets an answer of the form it knows, but maybe not the one it expects. */
  readonly level: 'breaking' | 'dangerous';
  readonly message: string;
  readonly concerns: (usage: Usage) => boolean;
}

export async function changesBetween(before: GraphQLSchema, after: GraphQLSchema): Promise<SchemaChange[]> {
  const enumsInAnswers = readableEnums(after);
  const changes = await diff(before, after);
  return changes
    .filter((change) => !isHarmless(change, enumsInAnswers))
    .map((change) => ({
      level: change.criticality.level === CriticalityLevel.Breaking ? 'breaking' : 'dangerous',
      message: change.message,
      concerns: (usage) => concerns(change, usage, after),
    }));
}

function isHarmless({ type, criticality, path = '' }: Change, enumsInAnswers: ReadonlySet<string>): boolean {
  if (criticality.level === CriticalityLevel.NonBreaking) return true;
  // The inspector calls an optional argument dangerous; nobody who does not send it can notice.
  if (type === ChangeType.FieldArgumentAdded) return criticality.level !== CriticalityLevel.Breaking;
  if (type === ChangeType.EnumValueAdded) return !enumsInAnswers.has(path.split('.')[0] ?? '');
  // Directives on definitions tell servers something; what clients notice of them, guard-changes.ts finds.
  return type.startsWith('DIRECTIVE_USAGE');
}

function concerns({ type, path = '', meta }: Change, usage: Usage, after: GraphQLSchema): boolean {
  const { coordinates, omitted, enumsRead, overlaps } = usage;
  const owner = path.slice(0, Math.max(0, path.lastIndexOf('.')));
  switch (type) {
    case ChangeType.FieldArgumentAdded: // breaking: it is required
    case ChangeType.InputFieldAdded: // required, or with a default that was not there before
    case ChangeType.InputFieldDefaultValueChanged:
      return coordinates.has(owner);
    case ChangeType.FieldArgumentDefaultChanged:
      return omitted.has(path);
    case ChangeType.FieldArgumentTypeChanged:
      return coordinates.has(path) || (isRequired(after, path) && omitted.has(path));
    case ChangeType.InputFieldTypeChanged:
      return coordinates.has(path) || (isRequired(after, path) && coordinates.has(owner));
    case ChangeType.EnumValueRemoved:
      return coordinates.has(path) || enumsRead.has(owner);
    case ChangeType.EnumValueAdded:
      return enumsRead.has(owner);
    case ChangeType.UnionMemberRemoved:
      return overlaps.has(`${meta.unionName}/${meta.removedUnionMemberTypeName}`);
    case ChangeType.UnionMemberAdded:
      return coordinates.has(meta.unionName);
    case ChangeType.ObjectTypeInterfaceRemoved:
      return overlaps.has(`${meta.removedInterfaceName}/${meta.objectTypeName}`);
    case ChangeType.ObjectTypeInterfaceAdded:
      return coordinates.has(meta.addedInterfaceName);
    default:
      return coordinates.has(path);
  }
}

/** Whether the argument (`Type.field.name`) or input field (`Input.name`) has to be given. */
function isRequired(schema: GraphQLSchema, path: string): boolean {
  const [typeName = '', fieldName = '', argumentName] = path.split('.');
  const type = schema.getType(typeName);
  if (isInputObjectType(type)) {
    const field = type.getFields()[fieldName];
    return field !== undefined && isRequiredInputField(field);
  }
  const owner = isObjectType(type) || isInterfaceType(type) ? type.getFields()[fieldName] : undefined;
  const argument = owner?.args.find(({ name }) => name === argumentName);
  return argument !== undefined && isRequiredArgument(argument);
}

function readableEnums(schema: GraphQLSchema): Set<string> {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) || isInterfaceType(type),
  );
  const answers = types.flatMap((type) =>
    Object.values(type.getFields()).map(({ type: of }) => getNamedType(of)),
  );
  return new Set(answers.filter(isEnumType).map(({ name }) => name));
}
