// Who is compared. `control` is the same as `simplebank`: equal things differ by so much here.
import type { Child } from './child.ts';
import { startChild } from './child.ts';
import type { BffSettings } from './bff-process.ts';
import type { ServerReady } from './server-questions.ts';

export const contestantNames = ['simplebank', 'control', 'apollo', 'raw ws'] as const;
export type ContestantName = (typeof contestantNames)[number];

const programs = {
  simplebank: './bff-process.ts',
  control: './bff-process.ts',
  apollo: './apollo-process.ts',
  'raw ws': './raw-process.ts',
} as const;

export type Server = Child & { readonly ready: ServerReady };

export const startServer = (name: ContestantName, settings: BffSettings): Promise<Server> =>
  startChild<ServerReady>(programs[name], settings);

/** Each round begins with the next of them. */
export function orderOfRound(round: number): ContestantName[] {
  const from = round % contestantNames.length;
  return [...contestantNames.slice(from), ...contestantNames.slice(0, from)];
}
