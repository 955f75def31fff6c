// What is wrong with how a case went: a list of sentences, empty when all is well.
import { parse, visit } from 'graphql';
import { landings } from '../fuzz/compare.ts';
import { canonicalText } from '../fuzz/world.ts';
import type { CorpusCase, ExpectedError, RequestCounts } from './corpus-case.ts';
import type { OpenFolder } from './open-folder.ts';
import { readOperation, type Ran, type SubgraphCall, type Way } from './run-case.ts';

export function findFaults(written: CorpusCase, way: Way, { answer, calls, isRefused }: Ran): string[] {
  const faults: string[] = [];
  if (written.refused !== undefined || isRefused === true) {
    const codes = answer.errors.map(({ extensions }) => String(extensions?.['code']));
    const actual = `${isRefused === true ? 'refused' : 'run'} ${[...new Set(codes)].join(' ')}`;
    return actual === `refused ${written.refused}`
      ? []
      : [`${written.refused ?? 'nothing'} was expected to refuse it; it is ${actual}`];
  }
  const differ = (what: string, expected: string, actual: string) => {
    if (expected !== actual) faults.push(`${what}\n  expected ${expected}\n  actual   ${actual}`);
  };
  differ('other data', JSON.stringify(written.data), JSON.stringify(answer.data));
  const codes = answer.errors.map(({ path, extensions }) => ({
    ...(path === undefined ? {} : { path }),
    code: String(extensions?.['code']),
  }));
  differ('other errors', errorText(written.errors ?? []), errorText(codes));
  const requests = (way === 'engine' ? undefined : written.requestsOf?.[way.planner]) ?? written.requests;
  // The engine may have taken either planner's way.
  if (requests !== undefined && !(way === 'engine' && written.requestsOf !== undefined)) {
    differ('other requests', countText(requests), countText(countCalls(calls)));
  }
  if (written.order !== undefined) {
    differ('another order', written.order.join(' '), calls.map(({ subgraph }) => subgraph).join(' '));
  }
  for (const [subgraph, names] of Object.entries(written.neverAsks ?? {})) {
    const asked = fieldsAsked(calls, subgraph);
    for (const name of names) if (asked.has(name)) faults.push(`${subgraph} was asked for ${name}`);
  }
  for (const [subgraph, expected] of Object.entries(written.representations ?? {})) {
    differ(
      `other representations for ${subgraph}`,
      sortedTexts(expected),
      sortedTexts(representationsOf(calls, subgraph)),
    );
  }
  const message = answer.errors.map((error) => error.message).join('; ');
  return faults.length > 0 && message !== '' ? [...faults, `errors said: ${message}`] : faults;
}

/** That the written answer is true: the same data behind one schema must give it. */
export function compareWithMonolith({ monolith, planners }: OpenFolder, written: CorpusCase): string[] {
  if (written.refused !== undefined) return []; // it would be refused there by the same schema
  const { document } = readOperation(planners.apollo.apiSchema, written.query);
  const answer = monolith({ document, variables: written.variables ?? {}, fault: undefined });
  const expected = {
    data: written.data,
    errors: (written.errors ?? []).map(({ path }) => ({
      message: '',
      ...(path === undefined ? {} : { path }),
    })),
  };
  const isSame =
    JSON.stringify(answer.data) === JSON.stringify(written.data) && landings(answer) === landings(expected);
  if (written.unlikeMonolith !== undefined) {
    return isSame ? ['is listed as unlike the monolith, and is not'] : [];
  }
  return isSame
    ? []
    : [`the monolith answers otherwise\n  ${JSON.stringify(answer)}\n  written ${JSON.stringify(expected)}`];
}

function errorText(errors: readonly ExpectedError[]): string {
  return sortedTexts(errors.map(({ path, code }) => ({ code, path: path ?? null })));
}

function sortedTexts(values: readonly unknown[]): string {
  return values.map(canonicalText).toSorted().join(' ');
}

function countCalls(calls: readonly SubgraphCall[]): RequestCounts {
  const counts: Record<string, number> = {};
  for (const { subgraph } of calls) counts[subgraph] = (counts[subgraph] ?? 0) + 1;
  return counts;
}

function countText(counts: RequestCounts): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([subgraph, count]) => `${subgraph}: ${count}`)
    .toSorted()
    .join(', ');
}

function fieldsAsked(calls: readonly SubgraphCall[], subgraph: string): Set<string> {
  const names = new Set<string>();
  for (const call of calls) {
    if (call.subgraph !== subgraph) continue;
    visit(parse(call.query), { Field: ({ name }) => void names.add(name.value) });
  }
  return names;
}

function representationsOf(calls: readonly SubgraphCall[], subgraph: string): unknown[] {
  return calls
    .filter((call) => call.subgraph === subgraph && call.query.includes('_entities'))
    .flatMap(({ variables }) =>
      Object.values(variables).flatMap((value: unknown) => (isRepresentations(value) ? value : [])),
    );
}

function isRepresentations(value: unknown): value is readonly Record<string, unknown>[] {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === 'object' && item !== null && '__typename' in item)
  );
}
