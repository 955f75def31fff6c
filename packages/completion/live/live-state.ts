// One answer of a state's twin as its subscribers get it, and how it is told from another one: by a digest of all that
// they see, since no version could count what any selection of the graph shows.
import { createHash } from 'node:crypto';
import { retryableCodes } from '@simplebank/chassis';
import type { CursorScope, Cursors } from './cursor.ts';
import type { GatewayAnswer } from '../gateway-client.ts';
import type { EncodedPayload } from './live-subscriber.ts';
import { withoutLocations } from './ask-patiently.ts';
import { versionAlias, type StateDocument } from './twin.ts';

/** 96 bits: nobody makes two states of one account that are equal in them. */
const digestCharacters = 16;

export interface LiveState {
  readonly payload: EncodedPayload;
  readonly digest: string;
  /** Undefined where states have none. */
  readonly version: number | undefined;
  /** A part failed that may come when it is read again. */
  readonly isBroken: boolean;
}

export function hasState({ data }: GatewayAnswer, { responseKey }: StateDocument): boolean {
  return data?.[responseKey] != null;
}

/** Of an answer that has one. */
export function stateOf(
  { data, errors = [] }: GatewayAnswer,
  { document, scope, cursors }: { document: StateDocument; scope: CursorScope; cursors: Cursors },
): LiveState {
  const { responseKey } = document;
  const found = (data ?? {})[responseKey] as Record<string, unknown>;
  const { [versionAlias]: version, ...shown } = found;
  const shownText = JSON.stringify({ [responseKey]: shown });
  const failures = errors.map(({ path, extensions }) => [path, extensions?.['code']]);
  const digest = createHash('sha256')
    // The errors' own texts carry an id of each read.
    .update(`${shownText}\n${JSON.stringify(failures)}`)
    .digest('base64url')
    .slice(0, digestCharacters);
  const cursor = cursors.sealState(scope, digest);
  const failed = errors.length === 0 ? '' : `,"errors":${JSON.stringify(errors.map(withoutLocations))}`;
  return {
    payload: { text: `{"data":${shownText}${failed},"extensions":${JSON.stringify({ cursor })}}`, cursor },
    digest,
    version: typeof version === 'number' ? version : undefined,
    isBroken: errors.some(({ extensions }) => retryableCodes.has(String(extensions?.['code']))),
  };
}
