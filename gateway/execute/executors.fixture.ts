// Runs a plan that is written by hand over answers that are written by hand, by either executor: what executors must do
// with it, whatever planners come up with.
import { Kind, parse } from 'graphql';
import { compileExecutable } from '../compile/compile-executable.ts';
import type { Executable, Execute } from '../execution.ts';
import { normalise } from '../operation/normalise.ts';
import type { EntityFetch, EntityLookup, EntityPath, PlanNode, RootFetch } from '../planner/plan.ts';
import type { RequiredSelection } from '../planner/plan.ts';
import { createReferenceExecutor } from '../reference/reference-executor.ts';
import { composed } from '../reference/subgraphs.fixture.ts';
import type { SubgraphAnswer } from '../subgraph-fetch.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';

export const executors: readonly (readonly [name: string, executor: (executable: Executable) => Execute])[] =
  [
    ['compiled', compileExecutable],
    ['reference', createReferenceExecutor],
  ];

/** The data of an answer, or all of it. */
type Answer = Readonly<Record<string, unknown>> | SubgraphAnswer;

export interface WrittenRun {
  readonly sdls: Readonly<Record<string, string>>;
  readonly query: string;
  /** One after the other. */
  readonly plan: readonly PlanNode[];
  /** By subgraph, in the order in which it is asked. */
  readonly answers: Readonly<Record<string, readonly Answer[]>>;
}

export async function runWritten(
  executorOf: (executable: Executable) => Execute,
  { sdls, query, plan, answers }: WrittenRun,
) {
  const supergraph = readSupergraph(
    composed(Object.fromEntries(Object.entries(sdls).map(([name, sdl]) => [name, { sdl }]))),
  );
  const document = parse(query);
  const [definition] = document.definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('a query is an operation');
  const schema = supergraph.fullSchema;
  const operation = normalise({ schema, document, operation: definition, conditions: {}, keepDefer: false });
  const sent: Record<string, Record<string, unknown>[]> = {};
  const execute = executorOf({
    supergraph,
    apiSchema: schema,
    operation,
    plan: { root: { kind: 'sequence', nodes: plan } },
  });
  const result = await execute({
    variables: {},
    context: {
      headers: [],
      tracingHeaders: [],
      deadlineAt: Number.POSITIVE_INFINITY,
      signal: undefined,
    },
    fetcher: {
      async fetch({ subgraph, body }) {
        const { variables = {} } = JSON.parse(body) as { variables?: Record<string, unknown> };
        const asked = (sent[subgraph] ??= []);
        const answer = structuredClone(answers[subgraph]?.[asked.length]);
        asked.push(variables);
        if (answer === undefined) throw new Error(`${subgraph} is asked too often`);
        return isWhole(answer) ? answer : { data: answer, errors: [] };
      },
    },
  });
  // As clients see it: objects of graphql-js have no prototype.
  const { data, errors } = JSON.parse(JSON.stringify(result)) as Pick<typeof result, 'data' | 'errors'>;
  return { data, errors, sent };
}

function isWhole(answer: Answer): answer is SubgraphAnswer {
  return Array.isArray(answer['errors' as keyof Answer]);
}

export function rootFetch(subgraph: string, operation: string, renames: RootFetch['outputRewrites'] = []) {
  const base = { kind: 'root', operationKind: 'query', variables: [] } as const;
  return { ...base, subgraph, operation, outputRewrites: renames } satisfies RootFetch;
}

/** One lookup for each entry: `[paths, required, selection]`, as in `[['me.friends[]'], 'User { id }', '... on User { name }']`. */
export function entityFetch(
  subgraph: string,
  ...asked: readonly (readonly [paths: readonly string[], required: string, selection: string])[]
): EntityFetch {
  const lookups = asked.map(([paths, required], index): EntityLookup => ({
    alias: `e${index}`,
    representationsVariable: `r${index}`,
    paths: paths.map(pathOf),
    requires: [requiredOf(required)],
    inputRewrites: [],
    outputRewrites: [],
  }));
  const variables = lookups.map(({ representationsVariable }) => `$${representationsVariable}: [_Any!]!`);
  const fields = asked.map(
    ([, , selection], index) => `e${index}: _entities(representations: $r${index}) { ${selection} }`,
  );
  const operation = `query (${variables.join(', ')}) { ${fields.join(' ')} }`;
  return { kind: 'entities', subgraph, operation, variables: [], lookups };
}

function pathOf(text: string): EntityPath {
  return text
    .split('.')
    .flatMap((part) => [
      { kind: 'field' as const, name: /^\w+/.exec(part)?.[0] ?? '' },
      ...(part.includes('[]') ? [{ kind: 'items' as const }] : []),
      ...typesOf(part),
    ]);
}

/** `item(Book)`: only where it is one. */
function typesOf(part: string) {
  const name = /\((\w+)\)$/.exec(part)?.[1];
  return name === undefined ? [] : [{ kind: 'types' as const, names: [name] }];
}

function requiredOf(text: string): EntityLookup['requires'][number] {
  const [definition] = parse(`{ ... on ${text} }`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`not a requirement: ${text}`);
  const typename: RequiredSelection = { kind: 'field', source: '__typename', name: '__typename' };
  const read = ({ selectionSet }: typeof definition): RequiredSelection[] =>
    selectionSet.selections.map((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) throw new Error('requirements spread nothing');
      const selections =
        selection.selectionSet === undefined
          ? undefined
          : read({ ...definition, selectionSet: selection.selectionSet });
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const typeCondition = selection.typeCondition?.name.value;
        return { kind: 'fragment', typeCondition, selections: selections ?? [] };
      }
      const name = selection.name.value;
      return { kind: 'field', source: name, name, ...(selections === undefined ? {} : { selections }) };
    });
  const [fragment] = read(definition);
  if (fragment?.kind !== 'fragment') throw new Error(`not a requirement: ${text}`);
  return { ...fragment, selections: [typename, ...fragment.selections] };
}
