// Under which name a directive of a specification stands in a supergraph: `@link` may import it under another name or
// put it into a namespace. Whoever reads directives by a fixed name misses those, and for access control that is a hole.
import { Kind, type ConstDirectiveNode, type DocumentNode } from 'graphql';
import { stringArgument, valueOf } from './directive-arguments.ts';

export interface LinkedSpecification {
  /** Without the version: `https://specs.apollo.dev/authenticated`. */
  readonly identity: string;
  /** The directive's own name, which is also the specification's: `authenticated`. */
  readonly directive: string;
}

/** The name without its at sign; undefined when the supergraph does not use the specification. */
export function linkedDirective(
  document: DocumentNode,
  { identity, directive }: LinkedSpecification,
): string | undefined {
  const links = linksOf(document);
  const link = links.find((applied) => identityOf(stringArgument(applied, 'url')) === identity);
  if (link !== undefined) return importedAs(link, directive) ?? stringArgument(link, 'as') ?? directive;
  // Not every composer writes the link. A definition that nobody else lays claim to is the specification's.
  const isDefined = document.definitions.some(
    ({ kind, ...rest }) =>
      kind === Kind.DIRECTIVE_DEFINITION && 'name' in rest && rest.name?.value === directive,
  );
  return isDefined && !links.some((other) => claims(other, directive)) ? directive : undefined;
}

function claims(link: ConstDirectiveNode, directive: string): boolean {
  const own = stringArgument(link, 'as') ?? identityOf(stringArgument(link, 'url'))?.split('/').at(-1);
  return own === directive || importsOf(link).some(({ as }) => as === directive);
}

function linksOf(document: DocumentNode): ConstDirectiveNode[] {
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
      ? (definition.directives ?? []).filter(({ name }) => name.value === 'link')
      : [],
  );
}

/** The link specification, "Url": the last segment is the version when it looks like one. */
function identityOf(url: string | undefined): string | undefined {
  return url?.replace(/\/+$/, '').replace(/\/v\d+\.\d+$/, '');
}

function importedAs(link: ConstDirectiveNode, directive: string): string | undefined {
  return importsOf(link).find(({ name }) => name === directive)?.as;
}

/** `import: ["@authenticated"]` or `import: [{ name: "@authenticated", as: "@auth" }]`; directives only. */
function importsOf(link: ConstDirectiveNode): { name: string; as: string }[] {
  const imports = valueOf(link, 'import');
  return (imports?.kind === Kind.LIST ? imports.values : []).flatMap((item) => {
    const text = (name: string): string | undefined => {
      const value =
        item.kind === Kind.OBJECT ? item.fields.find((field) => field.name.value === name)?.value : item;
      return value?.kind === Kind.STRING ? value.value : undefined;
    };
    const name = text('name');
    if (name === undefined || !name.startsWith('@')) return [];
    return [{ name: name.slice(1), as: (text('as') ?? name).replace(/^@/, '') }];
  });
}
