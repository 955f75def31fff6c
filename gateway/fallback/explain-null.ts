// Whether a null stands for a fault, judged by the errors of the answer. A business error ("you may not see this") is
// an answer, and nothing may be put in its place.
import type { GraphQLFormattedError } from 'graphql';
import type { ResponsePath } from './walk-answer.ts';

/** Codes that say: the answer could not be had. INTERNAL_SERVER_ERROR is what most subgraph servers call a bug. */
const faultCodes: ReadonlySet<string> = new Set([
  'SERVICE_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'SUBGRAPH_INVALID_VALUE',
  'INTERNAL_ERROR',
  'INTERNAL_SERVER_ERROR',
]);

/**
 * Executors name only the first so many places of one failed request, or a list of thousands would have an error for
 * each item. As many errors at one field, whatever the item, therefore say it of all items.
 */
const placesThatStandForAll = 100;

export interface NullExplainer {
  /** False when no error is a fault: then no null can be one. */
  readonly hasFaults: boolean;
  /** The code of the fault that left null here; undefined when something else did, or nothing. */
  faultAt(path: ResponsePath): string | undefined;
  /** Whether any error stands at the path, below or above. */
  hasErrorAt(path: ResponsePath): boolean;
}

interface Branch {
  readonly codes: string[];
  readonly next: Map<string | number, Branch>;
}

export function explainNulls(errors: readonly GraphQLFormattedError[]): NullExplainer {
  const root = newBranch();
  const withoutIndexes = new Map<string, { code: string; count: number }>();
  let hasFaults = false;
  for (const error of errors) {
    const code = codeOf(error);
    const isFault = faultCodes.has(code);
    hasFaults ||= isFault;
    // An error without a path explains nothing in particular.
    if (error.path === undefined || error.path.length === 0) continue;
    branchAt(root, error.path).codes.push(code);
    if (!isFault) continue;
    const key = indexFree(error.path);
    const known = withoutIndexes.get(key);
    if (known === undefined) withoutIndexes.set(key, { code, count: 1 });
    else known.count += 1;
  }

  const everywhere = (path: ResponsePath): string | undefined => {
    for (let length = path.length; length > 0; length -= 1) {
      const { code, count } = withoutIndexes.get(indexFree(path.slice(0, length))) ?? { code: '', count: 0 };
      if (count >= placesThatStandForAll) return code;
    }
    return undefined;
  };

  return {
    hasFaults,
    faultAt(path) {
      const codes = nearestCodes(root, path);
      if (codes === undefined) return everywhere(path);
      return codes.every((code) => faultCodes.has(code)) ? codes[0] : undefined;
    },
    hasErrorAt: (path) => nearestCodes(root, path) !== undefined,
  };
}

/** Codes at and below the path when there are some, else those of the nearest place above. */
function nearestCodes(root: Branch, path: ResponsePath): readonly string[] | undefined {
  let branch: Branch | undefined = root;
  let above: readonly string[] | undefined;
  for (const segment of path) {
    if (branch.codes.length > 0) above = branch.codes;
    branch = branch.next.get(segment);
    if (branch === undefined) return above;
  }
  // A branch is made for an error, so there is one in it.
  return [...codesWithin(branch)];
}

function* codesWithin({ codes, next }: Branch): Iterable<string> {
  yield* codes;
  for (const branch of next.values()) yield* codesWithin(branch);
}

function branchAt(root: Branch, path: ResponsePath): Branch {
  let branch = root;
  for (const segment of path) {
    let next = branch.next.get(segment);
    if (next === undefined) branch.next.set(segment, (next = newBranch()));
    branch = next;
  }
  return branch;
}

function newBranch(): Branch {
  return { codes: [], next: new Map() };
}

function codeOf({ extensions }: GraphQLFormattedError): string {
  const code = extensions?.['code'];
  return typeof code === 'string' ? code : '';
}

function indexFree(path: ResponsePath): string {
  return path.filter((segment) => typeof segment === 'string').join('.');
}
