import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { endTurns, waitForTurn, type LargeAnswer } from './take-turns.ts';

const answers: LargeAnswer[] = [];
let read: string[] = [];

/** Reads so many buffers, each as soon as it may. */
function answerOf(name: string, buffers: number): LargeAnswer {
  let left = buffers;
  const answer: LargeAnswer = {
    readOn() {
      read.push(name);
      left -= 1;
      if (left > 0) waitForTurn(answer);
      else endTurns(answer);
    },
  };
  answers.push(answer);
  return answer;
}

afterEach(() => {
  for (const answer of answers) endTurns(answer);
  answers.length = 0;
  read = [];
});

test('the oldest is read to its end, one buffer a turn', async () => {
  waitForTurn(answerOf('first', 3));
  waitForTurn(answerOf('second', 2));
  assert.deepEqual(read, []);
  await turn();
  assert.deepEqual(read, ['first']);
  for (let turns = 0; turns < 4; turns += 1) await turn();
  assert.deepEqual(read, ['first', 'first', 'first', 'second', 'second']);
});

test('one that has nothing to read keeps nobody waiting', async () => {
  const silent: LargeAnswer = { readOn: () => void read.push('silent') };
  answers.push(silent);
  waitForTurn(silent);
  waitForTurn(answerOf('other', 2));
  for (let turns = 0; turns < 3; turns += 1) await turn();
  assert.deepEqual(read, ['silent', 'other', 'other']);
});

test('one that is over has no turn', async () => {
  const over = answerOf('over', 1);
  waitForTurn(over);
  endTurns(over);
  await turn();
  assert.deepEqual(read, []);
});
