// A caller who may see everything: whose plans are made at warm-up and shown by --explain. Never one of a request.
import type { Caller } from '../gateway-request.ts';

class Everything extends Set<string> {
  override has(): boolean {
    return true;
  }
}

export const allRights: Caller = {
  isAuthenticated: true,
  scopes: new Everything(),
  policies: new Everything(),
};
