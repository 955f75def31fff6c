// A public code as the refusal of a request.
import { rejected } from '@simplebank/chassis';
import { rejectionOf, type ErrorCode } from '@simplebank/contracts';

export function refuseWith(code: ErrorCode): ReturnType<typeof rejected> {
  return rejected(rejectionOf(code));
}
