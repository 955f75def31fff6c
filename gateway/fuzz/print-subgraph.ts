// A subgraph's draft as the SDL its authors would have written.
import {
  objectIn,
  serves,
  type ArgumentSpec,
  type Draft,
  type FieldDraft,
  type ObjectDraft,
  type SubgraphDraft,
  type TypeDraft,
} from './draft.ts';

const link = `extend schema
  @link(
    url: "https://specs.apollo.dev/federation/v2.9"
    import: ["@key", "@requires", "@external", "@provides", "@shareable", "@override", "@inaccessible", "@interfaceObject"]
  )
`;

export function printSubgraph(draft: Draft, subgraph: SubgraphDraft): string {
  const types = [...subgraph.types.values()].map((type) => printType(draft, subgraph, type));
  return `${subgraph.isFederation1 ? '' : `${link}\n`}${types.join('\n\n')}\n`;
}

function printType(draft: Draft, subgraph: SubgraphDraft, type: TypeDraft): string {
  switch (type.kind) {
    case 'object':
    case 'interface':
      return printObject(draft, subgraph, type);
    case 'union':
      return `union ${type.name} = ${[...type.members].join(' | ')}`;
    case 'enum':
      return `enum ${type.name} {\n${type.values.map((value) => `  ${value}`).join('\n')}\n}`;
    case 'input':
      return `input ${type.name} {\n${type.fields.map((field) => `  ${printArgument(field)}`).join('\n')}\n}`;
    case 'scalar':
      return `scalar ${type.name}`;
    default:
      return type satisfies never;
  }
}

function printObject(draft: Draft, subgraph: SubgraphDraft, type: ObjectDraft): string {
  const keys = [...type.keys].map(([fields, { isResolvable }]) =>
    isResolvable ? `@key(fields: "${fields}")` : `@key(fields: "${fields}", resolvable: false)`,
  );
  const interfaces = type.interfaces.size === 0 ? '' : ` implements ${[...type.interfaces].join(' & ')}`;
  const directives = [...keys, ...type.directives].map((directive) => ` ${directive}`).join('');
  const isExtension = subgraph.isFederation1 && [...type.fields.values()].some(isExternalKey(type));
  const keyword = `${isExtension ? 'extend ' : ''}${type.kind === 'object' ? 'type' : 'interface'}`;
  const fields = [...type.fields.values()].map(
    (field) => `  ${printField(draft, subgraph, type, field, isExtension)}`,
  );
  return `${keyword} ${type.name}${interfaces}${directives} {\n${fields.join('\n')}\n}`;
}

function isExternalKey(type: ObjectDraft): (field: FieldDraft) => boolean {
  return ({ isExternal, spec }) => isExternal && isKeyField(type, spec.name);
}

function isKeyField({ keys }: ObjectDraft, field: string): boolean {
  return [...keys.keys()].some((key) =>
    key
      .replaceAll(/\{[^}]*\}/g, '')
      .split(/\s+/)
      .includes(field),
  );
}

function printField(
  draft: Draft,
  subgraph: SubgraphDraft,
  type: ObjectDraft,
  { spec, type: written, isExternal, directives }: FieldDraft,
  isExtension: boolean,
): string {
  const all = [...directives];
  // In a type that Federation 1 extends, keys are external; elsewhere it is an error to say so of one's own fields.
  if (isExternal && (isExtension || !isKeyField(type, spec.name))) all.unshift('@external');
  if (!isExternal && isShared(draft, subgraph, type, spec.name)) all.push('@shareable');
  const args = spec.args.length === 0 ? '' : `(${spec.args.map(printArgument).join(', ')})`;
  return `${spec.name}${args}: ${written ?? spec.type}${all.map((directive) => ` ${directive}`).join('')}`;
}

function isShared(
  draft: Draft,
  subgraph: SubgraphDraft,
  { name, kind }: ObjectDraft,
  field: string,
): boolean {
  if (kind === 'interface' || subgraph.isFederation1) return false;
  const overridden = draft.subgraphs.some((other) => {
    const found = other.types.get(name);
    return (
      found?.kind === 'object' &&
      found.fields
        .get(field)
        ?.directives.some((directive) => directive.startsWith('@override') && !directive.includes('nobody'))
    );
  });
  return (
    !overridden &&
    draft.subgraphs.some(
      (other) =>
        other !== subgraph &&
        (serves(other, name, field) || objectIn(other, name)?.fields.get(field)?.isProvided === true),
    )
  );
}

function printArgument({ name, type, defaultValue }: ArgumentSpec): string {
  return `${name}: ${type}${defaultValue === undefined ? '' : ` = ${defaultValue}`}`;
}
