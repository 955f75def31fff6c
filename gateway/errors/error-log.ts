// The errors of one execution: what is reported, and which nulls of the response they explain, so that nothing is
// reported twice. Both executors keep one.
import type { GraphQLFormattedError } from 'graphql';
import type { ResponsePath } from '../reference/positions.ts';
import type { SubgraphError } from '../subgraph-fetch.ts';

/** A subgraph that is down may concern thousands of places; more errors than this tell a client nothing new. */
export const mostPlacesOfAnError = 100;

/** All errors of a response together. */
const mostErrors = 1_000;

interface Step {
  isExplained: boolean;
  readonly children: Map<string | number, Step>;
}

export class ErrorLog {
  readonly errors: GraphQLFormattedError[] = [];
  readonly #shown = new Set<string>();
  readonly #explained: Step = newStep();
  readonly #parent: ErrorLog | undefined;
  readonly #clientKey: (key: string) => string;

  /** `parent`: what has gone wrong before this part of the response began. */
  constructor(parent?: ErrorLog, clientKey: (key: string) => string = (key) => key) {
    this.#parent = parent;
    this.#clientKey = clientKey;
  }

  /** Whether it shows no more. */
  get isFull(): boolean {
    return this.errors.length >= mostErrors;
  }

  /**
   * Reports the error at each of the places, up to a limit, and takes it as the reason for nulls at all of them. An
   * error that concerns no place is reported without a path.
   */
  report({ message, extensions }: SubgraphError, planned: readonly ResponsePath[]): void {
    const clientKey = this.#clientKey;
    const places = planned.map((path) => path.map((key) => (typeof key === 'string' ? clientKey(key) : key)));
    const shown = places.length === 0 ? [undefined] : places.slice(0, mostPlacesOfAnError);
    for (const path of shown) {
      this.#show({
        message,
        ...(path === undefined ? {} : { path }),
        ...(extensions === undefined ? {} : { extensions }),
      });
    }
    for (const path of places) this.#explain(path);
  }

  /** An error that the executor has found itself at a place of the response. */
  add(error: GraphQLFormattedError): void {
    this.#show(error);
    if (error.path !== undefined) this.#explain(error.path);
  }

  /** Two fetches from one subgraph that is down say the same of one place. */
  #show(error: GraphQLFormattedError): void {
    const text = JSON.stringify([error.path, error.message, error.extensions]);
    if (this.isFull || this.#shown.has(text)) return;
    this.#shown.add(text);
    this.errors.push(error);
  }

  /** Whether something at, above or below this place has been reported. */
  explains(path: ResponsePath): boolean {
    return explains(this.#explained, path) || (this.#parent?.explains(path) ?? false);
  }

  #explain(path: ResponsePath): void {
    let step = this.#explained;
    for (const key of path) {
      let next = step.children.get(key);
      if (next === undefined) step.children.set(key, (next = newStep()));
      step = next;
    }
    step.isExplained = true;
  }
}

function explains(root: Step, path: ResponsePath): boolean {
  let step = root;
  for (const key of path) {
    if (step.isExplained) return true;
    const next = step.children.get(key);
    if (next === undefined) return false;
    step = next;
  }
  return true;
}

function newStep(): Step {
  return { isExplained: false, children: new Map() };
}
