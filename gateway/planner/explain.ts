// A plan as text, for people: --explain prints it, extensions.plan holds it, tests compare it.
//
//   Sequence
//     Fetch products (query): { topProducts { __typename upc } }
//     Entities reviews: _entities at topProducts[] by Product { __typename upc } brings { ... on Product { reviews } }
import { print, type SelectionSetNode } from 'graphql';
import { operationOf, type Fragments } from './fetch-operation.ts';
import type {
  DeferNode,
  EntityFetch,
  EntityLookup,
  PathSegment,
  Plan,
  PlanNode,
  RequiredSelection,
  RewriteSegment,
  RootFetch,
} from './plan.ts';

const step = '  ';

export function explainPlan({ root }: Plan): string {
  return root === undefined ? 'Nothing to fetch' : nodeLines(root).join('\n');
}

function nodeLines(node: PlanNode): string[] {
  switch (node.kind) {
    case 'sequence':
      return ['Sequence', ...indented(node.nodes.flatMap(nodeLines))];
    case 'parallel':
      return ['Parallel', ...indented(node.nodes.flatMap(nodeLines))];
    case 'root':
      return rootLines(node);
    case 'entities':
      return entityLines(node);
    case 'defer':
      return deferLines(node);
    default:
      return node satisfies never;
  }
}

function rootLines(fetch: RootFetch): string[] {
  const at = fetch.path === undefined ? '' : ` at ${pathText(fetch.path)}`;
  const { operation, fragments } = operationOf(fetch);
  const head = `Fetch ${fetch.subgraph} (${fetch.operationKind})${at}${extras(fetch)}: `;
  return [
    head + selectionText(operation.selectionSet, fragments),
    ...indented(renameLines(fetch.outputRewrites)),
  ];
}

function entityLines(fetch: EntityFetch): string[] {
  const head = `Entities ${fetch.subgraph}${extras(fetch)}:`;
  const lookups = fetch.lookups.map((lookup) => lookupLines(fetch, lookup));
  const [only] = lookups;
  if (only !== undefined && lookups.length === 1) {
    const [first = '', ...rest] = only;
    return [`${head} ${first}`, ...rest];
  }
  return [head, ...indented(lookups.flat())];
}

function lookupLines(fetch: EntityFetch, lookup: EntityLookup): string[] {
  const { fields, fragments } = operationOf(fetch);
  const brought = fields.get(lookup.alias)?.selectionSet;
  const where = lookup.paths.map(pathText).join(' and ');
  const by = lookup.requires.map(requiredText).join(' or ');
  const what = brought === undefined ? 'nothing' : selectionText(brought, fragments);
  return [
    `${lookup.alias} at ${where} by ${by} brings ${what}`,
    ...indented([
      ...lookup.inputRewrites.map(
        ({ path, value }) => `sends ${rewriteText(path)} as ${JSON.stringify(value)}`,
      ),
      ...renameLines(lookup.outputRewrites),
    ]),
  ];
}

function deferLines({ primary, deferred }: DeferNode): string[] {
  const parts = deferred.flatMap(({ label, path, dependsOn, selection, node }) => [
    `Later${label === undefined ? '' : ` "${label}"`} at ${pathText(path)}` +
      (dependsOn.length === 0 ? '' : ` after ${dependsOn.map((id) => `#${id}`).join(' ')}`) +
      (selection === undefined ? '' : `: ${oneLine(selection)}`),
    ...indented(node === undefined ? [] : nodeLines(node)),
  ]);
  return [
    'Defer',
    ...indented([
      `First${primary.selection === undefined ? '' : `: ${oneLine(primary.selection)}`}`,
      ...indented(primary.node === undefined ? [] : nodeLines(primary.node)),
      ...parts,
    ]),
  ];
}

function extras({ id, variables }: RootFetch | EntityFetch): string {
  const given = variables.length === 0 ? '' : ` with ${variables.map((name) => `$${name}`).join(' ')}`;
  return (id === undefined ? '' : ` #${id}`) + given;
}

function renameLines(renames: RootFetch['outputRewrites']): string[] {
  return renames.map(({ path, to }) => `renames ${rewriteText(path)} to ${to}`);
}

function rewriteText(path: readonly RewriteSegment[]): string {
  return path
    .map((segment) => (segment.kind === 'key' ? segment.name : `(${segment.names.join('|')})`))
    .join('.');
}

/** `topProducts[].reviews(Review|Rating)[]`; the root is `/`. */
export function pathText(path: readonly PathSegment[]): string {
  let text = '';
  for (const segment of path) {
    if (segment.kind === 'items') text += '[]';
    else if (segment.kind === 'types') text += `(${segment.names.join('|')})`;
    else text += `${text === '' ? '' : '.'}${segment.name}`;
  }
  return text === '' ? '/' : text;
}

function requiredText(selection: RequiredSelection): string {
  const inner = selection.selections?.map(requiredText).join(' ');
  if (selection.kind === 'fragment') return `${selection.typeCondition ?? ''} { ${inner} }`.trimStart();
  const name =
    selection.source === selection.name ? selection.name : `${selection.name}: ${selection.source}`;
  return inner === undefined ? name : `${name} { ${inner} }`;
}

function selectionText(selectionSet: SelectionSetNode, fragments: Fragments): string {
  return oneLine([print(selectionSet), ...[...fragments.values()].map(print)].join(' '));
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => step + line);
}
