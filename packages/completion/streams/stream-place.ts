// The place that a stream of server-sent events takes among its customer's and its process's connections, from the
// request for it (or its reservation) until it is gone.
import type { Rejection } from '@simplebank/chassis';
import { retryAfterSeconds } from '../limits/live-limits.ts';
import type { LivePlaces } from '../limits/live-places.ts';
import { OperationRefused } from '../operation-request.ts';

/** Answers what gives it back. Throws OperationRefused SERVICE_UNAVAILABLE or TOO_MANY_CONNECTIONS. */
export function takeStreamPlace(places: LivePlaces, customerId: string): () => void {
  const isFull = places.refusal();
  if (isFull !== undefined) throw refused(503, isFull);
  const isTooMany = places.connect(customerId);
  if (isTooMany !== undefined) throw refused(429, isTooMany);
  places.opened('sse');
  return () => {
    places.closed('sse');
    places.disconnect(customerId);
  };
}

function refused(status: number, rejection: Rejection): OperationRefused {
  return new OperationRefused({
    status,
    ...rejection,
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}
