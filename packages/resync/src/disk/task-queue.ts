/** One task after the other. Whatever fails makes everything after it fail: what a disk said no to is not tried again by accident. */
export class TaskQueue {
  #last: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  /** Of the first task that failed; undefined while all is well. */
  get failure(): unknown {
    return this.#failure?.error;
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Resolves when the task is done. Rejects with what it, or one before it, failed with. */
  run(task: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(async () => {
      this.throwIfFailed();
      try {
        await task();
      } catch (error) {
        this.#failure ??= { error };
        throw error;
      }
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}
