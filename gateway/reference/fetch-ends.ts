// Which fetches of a plan have ended: deferred parts wait for those that bring their keys.
export class FetchEnds {
  readonly #byId = new Map<string, PromiseWithResolvers<void>>();

  end(id: string): void {
    this.#of(id).resolve();
  }

  async all(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.#of(id).promise;
  }

  #of(id: string): PromiseWithResolvers<void> {
    let end = this.#byId.get(id);
    if (end === undefined) this.#byId.set(id, (end = Promise.withResolvers<void>()));
    return end;
  }
}
