// An async generator that can be ended from outside while it waits: `return` on a plain one would only take
// effect at its next yield, and a live query may wait for hours.

export function abortableIterable<T>(
  run: (signal: AbortSignal) => AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  const controller = new AbortController();
  const inner = run(controller.signal);
  return {
    next: () => inner.next(),
    async return() {
      controller.abort();
      await inner.return();
      return { done: true, value: undefined };
    },
    async throw(error: unknown) {
      controller.abort();
      return inner.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return();
    },
  };
}
