// What a customer knows a session by: the name that the client gives with its request for a sign-in (`device_name`, a
// parameter of ours), else what the browser calls itself. It is shown, and decides nothing.
import { errors, type KoaContextWithOIDC } from 'oidc-provider';

/** Characters of a name that a client gives, and of what a browser says, which is cut. */
const longestName = 64;
const longestUserAgent = 200;
/** Of scripts without marks that would turn what stands beside it. */
const printable = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

/** Throws InvalidRequest, which the client is redirected with. */
export function checkDeviceName(_ctx: KoaContextWithOIDC, name: string | undefined): void {
  if (name === undefined || (name.length <= longestName && printable.test(name))) return;
  throw new errors.InvalidRequest(`device_name has 1 to ${longestName} characters, all of them printable`);
}

export function deviceOf(ctx: KoaContextWithOIDC): string {
  const name = ctx.oidc.params?.['device_name'];
  return typeof name === 'string' ? name : ctx.get('user-agent').slice(0, longestUserAgent);
}
