// The customer's sessions, one for each device and browser: a telephone that was lost is signed out from another one, and
// what it still has open ends within a second.

export interface Session {
  readonly id: string;
  /** As the application called it when it signed in (`device_name`), or what the browser says of itself. */
  readonly device: string | null;
  readonly lastUsedAt: string;
  /** It is the one that asks. */
  readonly current: boolean;
}

export async function listSessions(identityUrl: string, token: string): Promise<readonly Session[]> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${identityUrl}/sessions`, { headers });
  const { sessions, code } = (await response.json()) as { sessions: readonly Session[]; code?: string };
  if (!response.ok) throw new Error(code);
  return sessions;
}

export async function revokeSession(identityUrl: string, token: string, id: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${identityUrl}/sessions/${id}`, { method: 'DELETE', headers });
  if (!response.ok) throw new Error(((await response.json()) as { code: string }).code);
}
