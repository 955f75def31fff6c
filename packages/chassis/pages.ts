// Lists in pages: the Relay connection of a page, and cursors of lists that run by time, each an item's place,
// bound to the list's owner, opaque to clients.

/** Where a page begins: after the item of this moment and id. */
export interface PagePlace {
  readonly at: Date;
  readonly id: string;
}

/** Thirteen digits of milliseconds reach to the year 2286; more than that Postgres may not be able to hold. */
const cursorPattern = /^(\d{1,13}):([\w-]{1,36}):(.*)$/s;

export function pageCursor(owner: string, { at, id }: PagePlace): string {
  return Buffer.from(`${at.getTime()}:${id}:${owner}`).toString('base64url');
}

/** The place behind a cursor of this owner's list; undefined when it is none. */
export function pagePlace(owner: string, cursor: string): PagePlace | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const [, at, id, boundTo] = cursorPattern.exec(text) ?? [];
  if (at === undefined || id === undefined || boundTo !== owner) return undefined;
  return { at: new Date(Number(at)), id };
}

/** A list is answered in pages of at most this many; what docs/errors.md says of INVALID_PAGE. */
const largestPage = 100;

export function isPageSize(first: number): boolean {
  return first >= 1 && first <= largestPage;
}

export interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly edges: readonly { readonly node: Node; readonly cursor: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** A Relay connection of the first items; `found` has one more than asked for when there is a next page. */
export function pageOf<Node>(
  found: readonly Node[],
  first: number,
  cursorOf: (node: Node) => string,
): Page<Node> {
  const nodes = found.slice(0, first);
  const edges = nodes.map((node) => ({ node, cursor: cursorOf(node) }));
  const endCursor = edges.at(-1)?.cursor ?? null;
  return { nodes, edges, pageInfo: { hasNextPage: found.length > first, endCursor } };
}
