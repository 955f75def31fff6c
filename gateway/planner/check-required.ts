// What a lookup tells its subgraph of an entity must have come before. The native planner sometimes forgets to fetch a
// key, as that of an interface object; nobody would be asked then, and the answer would be null without a word.
import type { Supergraph } from '../supergraph/supergraph.ts';
import { pathText } from './explain.ts';
import type {
  EntityFetch,
  EntityPath,
  Plan,
  PlanNode,
  RequiredFragment,
  RequiredSelection,
  RootFetch,
} from './plan.ts';
import { below, ResponseFields, type ResponseField, type TypeNames } from './response-fields.ts';

/** What has come, by path: in a branch of its own beside what has come before all branches. */
class Known {
  readonly #before: Known | undefined;
  readonly #fields = new Map<string, TypeNames[]>();

  constructor(before?: Known) {
    this.#before = before;
  }

  add(path: string, types: TypeNames): void {
    const known = this.#fields.get(path);
    if (known === undefined) this.#fields.set(path, [types]);
    else known.push(types);
  }

  addAll({ fields }: { fields: ReadonlyMap<string, readonly TypeNames[]> }): void {
    for (const [path, all] of fields) for (const types of all) this.add(path, types);
  }

  get fields(): ReadonlyMap<string, readonly TypeNames[]> {
    return this.#fields;
  }

  /** For some object of these types. */
  has(path: string, types: TypeNames): boolean {
    return (
      this.#fields.get(path)?.some((known) => !known.isDisjointFrom(types)) === true ||
      this.#before?.has(path, types) === true
    );
  }
}

/** The first lookup that cannot be made of what the fetches before it bring. */
export function findUnfulfilled(plan: Plan, supergraph: Supergraph, rootType: string): string | undefined {
  if (plan.root === undefined) return undefined;
  return checkNode(new ResponseFields(supergraph, rootType), plan.root, new Known());
}

/** Adds to `known` what the node brings. */
function checkNode(response: ResponseFields, node: PlanNode, known: Known): string | undefined {
  switch (node.kind) {
    case 'root':
    case 'entities':
      return checkFetch(response, node, known);
    case 'sequence':
      for (const child of node.nodes) {
        const found = checkNode(response, child, known);
        if (found !== undefined) return found;
      }
      return undefined;
    case 'parallel':
      return checkBranches(response, node.nodes, known);
    case 'defer': {
      const { primary, deferred } = node;
      const found = primary.node && checkNode(response, primary.node, known);
      return (
        found ??
        checkBranches(
          response,
          deferred.flatMap(({ node: part }) => part ?? []),
          known,
        )
      );
    }
    default:
      return node satisfies never;
  }
}

function checkBranches(
  response: ResponseFields,
  nodes: readonly PlanNode[],
  known: Known,
): string | undefined {
  const branches = nodes.map((node) => ({ node, brings: new Known(known) }));
  for (const { node, brings } of branches) {
    const found = checkNode(response, node, brings);
    if (found !== undefined) return found;
  }
  for (const { brings } of branches) known.addAll(brings);
  return undefined;
}

function checkFetch(
  response: ResponseFields,
  fetch: RootFetch | EntityFetch,
  known: Known,
): string | undefined {
  const lookups = fetch.kind === 'root' ? [] : fetch.lookups;
  const check: Check = { response, known };
  for (const { paths, requires } of lookups) {
    const dead = paths.find((path) => !requires.some((required) => isFulfilled(check, path, required)));
    if (dead !== undefined) return `nothing brings what ${fetch.subgraph} needs at ${pathText(dead)}`;
    const unused = requires.find((required) => !paths.some((path) => isFulfilled(check, path, required)));
    if (unused !== undefined)
      return `nothing brings what ${fetch.subgraph} needs of ${unused.typeCondition ?? 'an entity'}`;
  }
  for (const { path, chain } of response.broughtBy(fetch)) known.add(path, lastOf(chain));
  return undefined;
}

interface Check {
  readonly response: ResponseFields;
  readonly known: Known;
}

function isFulfilled({ response, known }: Check, path: EntityPath, required: RequiredFragment): boolean {
  let place = '';
  for (const segment of path) {
    if (segment.kind !== 'field') continue;
    const types = response.standing(place);
    place = below(place, segment.name);
    if (!known.has(place, types)) return false;
  }
  const types = lastOf(response.chainTo(path));
  const { typeCondition, selections } = required;
  const met = typeCondition === undefined ? types : types.intersection(response.typesOf(typeCondition));
  return met.size > 0 && canSend({ response, known }, place, met, selections);
}

/**
 * Fragments inside are not looked at: a @requires may name types that the subgraph which is asked for them does not have.
 * Nor is the type itself: where only one can stand executors know it.
 */
function canSend(
  check: Check,
  place: string,
  types: TypeNames,
  selections: readonly RequiredSelection[],
): boolean {
  return selections.every((selection) => {
    if (selection.kind === 'fragment' || selection.source === '__typename') return true;
    const path = below(place, selection.source);
    if (!check.known.has(path, types)) return false;
    return canSend(check, path, check.response.standing(path), selection.selections ?? []);
  });
}

function lastOf(chain: ResponseField['chain']): TypeNames {
  return chain.at(-1) ?? new Set();
}
