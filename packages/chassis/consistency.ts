// The consistency token: what a request has written, as the outbox position of each service that wrote, such as
// `orders=512,market=90`. It goes back with every answer on the way of the request (`x-consistency`), and comes again with
// queries that must not be older than that.
import { currentContext } from './context.ts';

export const consistencyHeader = 'x-consistency';

/** By service. */
export type Positions = Map<string, bigint>;

const positionPattern = /^([a-z][a-z-]{0,31})=(\d{1,19})$/;
/** More than the bank has services. */
const mostPositions = 16;

/** Undefined for what is no token. */
export function consistencyIn(given: unknown): Positions | undefined {
  if (typeof given !== 'string') return undefined;
  const parts = given.split(',', mostPositions + 1).map((part) => positionPattern.exec(part.trim()));
  if (parts.length > mostPositions) return undefined;
  const positions: Positions = new Map();
  for (const part of parts) {
    if (part === null) return undefined;
    moveOn(positions, part[1] ?? '', BigInt(part[2] ?? ''));
  }
  return positions;
}

export function consistencyText(positions: Positions): string {
  return [...positions].map(([service, position]) => `${service}=${position}`).join(',');
}

/** For the answer to the current request; work that answers nobody notes nothing. */
export function noteWritten(service: string, position: bigint): void {
  const written = currentContext()?.written;
  if (written !== undefined) moveOn(written, service, position);
}

/** What another service has written for the current request. */
export function noteConsistency(token: unknown): void {
  for (const [service, position] of consistencyIn(token) ?? []) noteWritten(service, position);
}

/** Undefined when the current request has written nothing. */
export function currentConsistency(): string | undefined {
  const written = currentContext()?.written;
  return written === undefined || written.size === 0 ? undefined : consistencyText(written);
}

function moveOn(positions: Positions, service: string, position: bigint): void {
  const known = positions.get(service);
  if (known === undefined || known < position) positions.set(service, position);
}
