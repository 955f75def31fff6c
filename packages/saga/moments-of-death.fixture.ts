// Every moment at which a process can die in a saga: around each command of a trip that goes well, and
// around each compensation of one that does not.

import { plainStory, type Plan } from './trip.fixture.ts';

/** Before the command; after it; in the transaction of its record; after the commit. */
const moments = ['before', 'executed', 'recording', 'committed'] as const;

const compensations = ['cancel-room', 'cancel-seat'];
export const refusedStory = ['check', 'seat', 'room', 'approve refused', ...compensations, 'tell'];

export const momentsOfDeath = [...plainStory, ...compensations].flatMap((act) =>
  moments.map((moment) => `${moment}:${act}`),
);

export function planOf(momentOfDeath: string): Plan {
  return isCompensation(momentOfDeath) ? 'refuse:approve' : 'plain';
}

export function isCompensation(momentOfDeath: string): boolean {
  return compensations.some((act) => momentOfDeath.endsWith(`:${act}`));
}
