// The two cookies of the web BFF. Their prefix makes a browser hold them to `Secure`, to this one host and to all of its
// paths (draft-ietf-httpbis-rfc6265bis, section 4.1.3.2), so that no neighbour's host can set them.
import { idPattern } from './sealed.ts';

export interface Cookie {
  readonly name: string;
  readonly sameSite: 'Strict' | 'Lax';
  /** Without one it ends with the browser. */
  readonly maxAgeSeconds?: number;
}

/** A person finds a password in this time, or starts again; as long as the provider waits. */
export const signInSeconds = 600;

/** Strict: no request that another site begins brings it, not even a link that is followed here. */
export const sessionCookie: Cookie = { name: '__Host-session', sameSite: 'Strict' };
/** Lax: it has to come along when the OpenID provider, which may be another site, sends the browser back. */
export const signInCookie: Cookie = {
  name: '__Host-sign-in',
  sameSite: 'Lax',
  maxAgeSeconds: signInSeconds,
};

/** The value of a Set-Cookie header. */
export function setCookie({ name, sameSite, maxAgeSeconds }: Cookie, value: string): string {
  const maxAge = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`;
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=${sameSite}${maxAge}`;
}

export function clearCookie(cookie: Cookie): string {
  return setCookie({ ...cookie, maxAgeSeconds: 0 }, '');
}

/** The id in a Cookie header; empty where the cookie holds none, undefined without the cookie. */
export function idIn(header: string | undefined, { name }: Cookie): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const separator = pair.indexOf('=');
    if (pair.slice(0, separator).trim() !== name) continue;
    const value = pair.slice(separator + 1).trim();
    return idPattern.test(value) ? value : '';
  }
  return undefined;
}
