// A public code as the rejection that a person reads.
import { rejected, type Rejection } from '@simplebank/chassis';
import { errorCodes, type ErrorCode } from '@simplebank/contracts';

export function rejectionOf(code: ErrorCode): Rejection {
  return { code, message: errorCodes[code].message };
}

export function refuseWith(code: ErrorCode): ReturnType<typeof rejected> {
  return rejected(rejectionOf(code));
}
