// What an access token may be used for, by the names that the schema asks for (`@requiresScopes`). A test holds the two
// together. Which accounts are meant is said by the token beside, and checked by each subgraph.

export const scopes = [
  /** Accounts with their cash, positions and activities. */
  'accounts:read',
  /** Orders with all that happened to them. */
  'orders:read',
  /** Placing, previewing and canceling. */
  'orders:write',
] as const;
