// Signs in by password alone, as tests and demos of the API may: a token that is good for a while, whenever one is asked for.

/** A token that ends sooner is replaced. */
const goodForMs = 60_000;

export function passwordSignIn(
  identityUrl: string,
  username: string,
  password: string,
): () => Promise<string> {
  let token = '';
  let endsAt = 0;
  return async () => {
    if (Date.now() > endsAt - goodForMs) {
      const response = await fetch(`${identityUrl}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password }),
      });
      const answer = (await response.json()) as { access_token: string; expires_in: number; code?: string };
      if (!response.ok) throw new Error(answer.code);
      token = answer.access_token;
      endsAt = Date.now() + answer.expires_in * 1000;
    }
    return token;
  };
}
