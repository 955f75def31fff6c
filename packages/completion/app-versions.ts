// Which versions of its application a BFF serves. A request says its version as `x-app-version`, a socket there or as
// `appVersion` of its connection's parameters. It keeps old applications from going on in ignorance; whoever lies about its
// version is held back by nothing here, and gains nothing.
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { refuse } from './http-operations.ts';
import { OperationRefused } from './operation-request.ts';

const versionHeader = 'x-app-version';
/** As shipped applications are numbered: three numbers, and nothing behind them. */
const versionPattern = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/;

export function isAppVersion(text: string): boolean {
  return versionPattern.test(text);
}

export interface AppVersionOptions {
  /** The lowest that is served; undefined for all. */
  readonly minimum: string | undefined;
  /** Whether who says no version is taken for too old, as those before the first that says one. */
  readonly isRequired: boolean;
}

export interface AppVersions {
  /** Why who says this version is not served. */
  refusal(version: unknown): OperationRefused | undefined;
}

export const anyAppVersion: AppVersions = { refusal: () => undefined };

export function createAppVersions({ minimum, isRequired }: AppVersionOptions): AppVersions {
  const lowest = numbersOf(minimum);
  return {
    refusal(version) {
      if (version === undefined) return isRequired ? tooOld(minimum) : undefined;
      const numbers = numbersOf(version);
      if (numbers === undefined) return malformed();
      return lowest !== undefined && isBelow(numbers, lowest) ? tooOld(minimum) : undefined;
    },
  };
}

export function versionIn(headers: IncomingHttpHeaders): unknown {
  return headers[versionHeader];
}

/** All routes of the scope answer those that are served only. */
export function refuseOldVersions(scope: FastifyInstance, versions: AppVersions): void {
  scope.addHook('preHandler', async (request, reply) => {
    const refusal = versions.refusal(versionIn(request.headers));
    if (refusal !== undefined) return refuse(refusal, request, reply);
  });
}

function numbersOf(version: unknown): readonly number[] | undefined {
  const match = typeof version === 'string' ? versionPattern.exec(version) : null;
  return match?.slice(1).map(Number);
}

function isBelow(numbers: readonly number[], lowest: readonly number[]): boolean {
  const differing = lowest.findIndex((number, index) => number !== numbers[index]);
  return differing !== -1 && (numbers[differing] ?? 0) < (lowest[differing] ?? 0);
}

function tooOld(minimum: string | undefined): OperationRefused {
  const wanted =
    minimum === undefined ? `one that says its version by ${versionHeader}` : `${minimum} or newer`;
  return new OperationRefused({
    status: 426,
    code: 'APP_VERSION_TOO_OLD',
    message: `This version of the application is too old: update it to ${wanted}.`,
    // RFC 9110, section 15.5.22: the answer must say what to upgrade to.
    headers: {
      upgrade: minimum === undefined ? 'simplebank-app' : `simplebank-app/${minimum}`,
      connection: 'upgrade',
    },
  });
}

function malformed(): OperationRefused {
  const message = `${versionHeader} or appVersion is three numbers, such as 2.10.0.`;
  return new OperationRefused({ status: 400, code: 'BAD_REQUEST', message });
}
