// What answers a ResendRequest: the stored messages of a range under their own numbers, and one gap fill for
// each stretch between them (FIX 4.4 volume 2, "Resend Request" and "Sequence Reset"). Pure.
import type { StoredMessage } from './store.ts';

export type ReplayStep =
  | { readonly kind: 'again'; readonly seq: number; readonly message: string }
  | { readonly kind: 'gapFill'; readonly seq: number; readonly newSeqNo: number };

/** `stored` holds messages of the range `from` to `to` inclusive, in ascending order. */
export function planReplay(from: number, to: number, stored: readonly StoredMessage[]): ReplayStep[] {
  const steps: ReplayStep[] = [];
  let next = from;
  for (const { seq, message } of stored) {
    if (seq > next) steps.push({ kind: 'gapFill', seq: next, newSeqNo: seq });
    steps.push({ kind: 'again', seq, message });
    next = seq + 1;
  }
  if (next <= to) steps.push({ kind: 'gapFill', seq: next, newSeqNo: to + 1 });
  return steps;
}
