// Guesses over one database, as several replicas have it. The clock is the database's, so waits are moved, not slept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PublicError } from '@simplebank/chassis';
import { testDatabase } from '@simplebank/testkit';
import type { PasswordSignIn } from './customers.ts';
import { limitGuesses } from './limit-guesses.ts';

const migrations = [new URL('./migrations/', import.meta.url)];
const grants = { customerId: 'cus-ada', accountIds: ['acc-1001'] };

async function open() {
  const database = await testDatabase({ migrations });
  const looked: string[] = [];
  const passwords: PasswordSignIn = {
    async signIn(username, password) {
      looked.push(password);
      return username === 'ada' && password === 'right' ? grants : undefined;
    },
  };
  const { signIn } = limitGuesses(passwords, database.db);
  const outcome = (username: string, password: string) =>
    signIn(username, password).then(
      (found) => (found === undefined ? 'wrong' : 'in'),
      (fault: unknown) => (fault instanceof PublicError ? fault.message : Promise.reject(fault)),
    );
  return {
    outcome,
    looked,
    async guess(times: number, username = 'ada') {
      for (let index = 0; index < times; index += 1)
        assert.equal(await outcome(username, `guess ${index}`), 'wrong');
    },
    /** As if so much time had passed. */
    async passes(seconds: number) {
      await database.db.query(
        {
          name: 'test.passes',
          text: 'update failed_sign_in set wait_until = wait_until - make_interval(secs => $1)',
        },
        [seconds],
      );
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

test('the sixth wrong password in a row makes the name wait, and passwords are not looked at meanwhile', async () => {
  await using identity = await open();
  await identity.guess(6);
  const before = identity.looked.length;
  assert.match(await identity.outcome('ada', 'right'), /Too many wrong passwords.*in 1 s/);
  assert.equal(identity.looked.length, before);
  assert.equal(await identity.outcome('grace', 'any'), 'wrong', 'other names do not wait');
});

test('each next wait is twice as long, up to a quarter of an hour', async () => {
  await using identity = await open();
  await identity.guess(6);
  for (const seconds of [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
    await identity.passes(1_000);
    assert.equal(await identity.outcome('ada', 'still wrong'), 'wrong');
    assert.match(await identity.outcome('ada', 'right'), new RegExp(`in ${seconds} s`));
  }
});

test('the right password after the wait ends it, and the count begins anew', async () => {
  await using identity = await open();
  await identity.guess(6);
  await identity.passes(1);
  assert.equal(await identity.outcome('ada', 'right'), 'in');
  await identity.guess(6);
});

test('a customer may sign in at many places at once', async () => {
  await using identity = await open();
  const outcomes = await Promise.all(Array.from({ length: 30 }, () => identity.outcome('ada', 'right')));
  assert.deepEqual(new Set(outcomes), new Set(['in']));
});

test('guesses at the same time count as many, and of later ones only one at a time is looked at', async () => {
  await using identity = await open();
  const guesses = () =>
    Promise.all(Array.from({ length: 30 }, (_, index) => identity.outcome('ada', `${index}`)));
  await guesses();
  const first = identity.looked.length;
  assert.match(await identity.outcome('ada', 'right'), /in \d{3} s/);
  await identity.passes(1_000);
  const outcomes = await guesses();
  assert.equal(outcomes.filter((outcome) => outcome === 'wrong').length, 1);
  assert.equal(identity.looked.length, first + 1);
});

test('names without a customer wait like the others, and are forgotten after a day', async () => {
  await using identity = await open();
  await identity.guess(6, 'nobody');
  assert.match(await identity.outcome('nobody', 'any'), /Too many/);
  await identity.passes(90_000);
  await identity.guess(6, 'nobody');
});
