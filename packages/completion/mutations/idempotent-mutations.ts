// A mutation that comes again under its idempotency key is answered as it was the first time, at whichever replica and
// also after a kill (draft-ietf-httpapi-idempotency-key-header; ADR 0021). The key goes along to the subgraphs, which is
// why a mutation may be asked for again when nobody knows how it ended.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  backgroundContext,
  currentConsistency,
  currentContext,
  idempotencyKeyIn,
  idempotencyKeyRule,
  noteConsistency,
  remainingMs,
  runInContext,
  type Logger,
} from '@simplebank/chassis';
import { answerEndOf } from './answer-end.ts';
import {
  longestAskMs,
  type ForwardedAnswer,
  type ForwardedRequest,
  type MutationGuard,
} from '../gateway-client.ts';
import type { IdempotencyStore, KeyedMutation, Standing } from './idempotency-store.ts';
import { OperationRefused } from '../operation-request.ts';
import { fingerprintOf } from './request-fingerprint.ts';
import { rightsOf } from '../sessions/sign-in.ts';

/** A BFF that has not recorded an answer by then was killed: the gateway is asked for no longer than half of it. */
const leaseMs = 2 * longestAskMs;
/** Who sends the same while it is under way waits so long for its answer, and is told to come back after that. */
const longestWaitMs = 2_000;
const lookEveryMs = 25;
/** Of the request's own time, for telling that it is still under way. */
const timeToTellMs = 100;
const comeBackSeconds = 1;
/** Whoever gets more has asked for half the graph; it is asked for again. */
const longestRecordedText = 64 * 1024;

export interface MutationGuardOptions {
  /** Without one keys only go along. */
  readonly store: IdempotencyStore | undefined;
  readonly isRequired: boolean;
  readonly log: Logger;
}

export function createMutationGuard({ store, isRequired, log }: MutationGuardOptions): MutationGuard {
  const looks = new Map<string, Promise<Standing>>();

  /** One look for all who wait for the same here, in nobody's own deadline. */
  function look(from: IdempotencyStore, mutation: KeyedMutation): Promise<Standing> {
    const name = `${mutation.customerId} ${mutation.key} ${mutation.fingerprint}`;
    const known = looks.get(name);
    if (known !== undefined) return known;
    const looking = sleep(lookEveryMs)
      .then(() => runInContext(backgroundContext({}), () => from.look(mutation)))
      .finally(() => looks.delete(name));
    looks.set(name, looking);
    return looking;
  }

  async function standingOf(from: IdempotencyStore, mutation: KeyedMutation, owner: string) {
    const waitMs = Math.min(longestWaitMs, (remainingMs() ?? Infinity) - timeToTellMs);
    const endsAt = performance.now() + waitMs;
    let standing = await from.begin(mutation, owner, leaseMs);
    while (standing.kind === 'in flight' && performance.now() < endsAt) {
      standing = await look(from, mutation);
      if (standing.kind === 'open') standing = await from.begin(mutation, owner, leaseMs);
    }
    return standing;
  }

  /** The answer stands whether or not it could be recorded: then it is asked for again under its key. */
  async function end(into: IdempotencyStore, mutation: KeyedMutation, owner: string, work: Ending) {
    const { correlationId } = currentContext() ?? {};
    try {
      await runInContext(backgroundContext({ correlationId }), () => work(into, mutation, owner));
    } catch (err) {
      log.warn({ err }, 'the end of a mutation was not recorded');
    }
  }

  return {
    async carryOut(request, send) {
      const key = keyOf(request, isRequired);
      const caller = currentContext()?.caller;
      // Who has not signed in is refused further on.
      if (store === undefined || key === undefined || caller === undefined) return send(key);
      const mutation = { customerId: caller.customerId, key, fingerprint: fingerprintOf(request.body) };
      const owner = randomUUID();
      const standing = await standingOf(store, mutation, owner);
      if (standing.kind === 'another request') throw reused();
      if (standing.kind === 'in flight' || standing.kind === 'open') throw inFlight();
      const rights = rightsOf(caller);
      if (standing.kind === 'answered') {
        if (standing.rights !== rights) return send(key);
        noteConsistency(standing.consistency);
        return standing.answer;
      }
      let ending: Ending = givingBack;
      try {
        const answer = await send(key);
        ending = endingOf(answer, rights);
        return answer;
      } finally {
        await end(store, mutation, owner, ending);
      }
    },
  };
}

type Ending = (store: IdempotencyStore, mutation: KeyedMutation, owner: string) => Promise<void>;

const givingBack: Ending = (store, mutation, owner) => store.giveBack(mutation, owner);

function endingOf(answer: ForwardedAnswer, rights: string): Ending {
  const end = answerEndOf(answer);
  if (end === 'refused') return (store, mutation, owner) => store.forget(mutation, owner);
  if (end === 'passing' || answer.text.length > longestRecordedText) return givingBack;
  const recorded = { answer, rights, consistency: currentConsistency() };
  return (store, mutation, owner) => store.record(mutation, owner, recorded);
}

function keyOf({ idempotencyKey: given }: ForwardedRequest, isRequired: boolean): string | undefined {
  const key = idempotencyKeyIn(given);
  if (key !== undefined) return key;
  if (given !== undefined && given !== null) {
    const message = `The idempotency key is not valid: ${idempotencyKeyRule}.`;
    throw new OperationRefused({ status: 400, code: 'IDEMPOTENCY_KEY_INVALID', message });
  }
  if (!isRequired) return undefined;
  throw new OperationRefused({
    status: 400,
    code: 'IDEMPOTENCY_KEY_MISSING',
    message: `A mutation needs the header Idempotency-Key, or over a socket or stream extensions.idempotencyKey: ${idempotencyKeyRule}.`,
  });
}

function inFlight(): OperationRefused {
  return new OperationRefused({
    status: 409,
    code: 'IDEMPOTENCY_KEY_IN_FLIGHT',
    message: 'The same mutation is still under way: send it again with the same key.',
    headers: { 'retry-after': String(comeBackSeconds) },
  });
}

function reused(): OperationRefused {
  return new OperationRefused({
    status: 422,
    code: 'IDEMPOTENCY_KEY_REUSED',
    message: 'This idempotency key was used for another mutation: make a new one.',
  });
}
