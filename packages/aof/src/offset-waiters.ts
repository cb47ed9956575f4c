/**
 * Promises about an offset: each resolves once the log has reached it. Nobody who does not ask costs anything.
 */

interface Waiter {
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class OffsetWaiters {
  /** Offsets never fall from one to the next; the first `#done` are served. */
  #waiters: Waiter[] = [];
  #done = 0;

  wait(offset: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters;
      // Almost always the last one: whoever appends asks for what is queued now.
      let index = waiters.length;
      while (index > this.#done && waiters[index - 1].offset > offset) index--;
      waiters.splice(index, 0, { offset, resolve, reject });
    });
  }

  /** The log is now at this offset. */
  reach(offset: number): void {
    const waiters = this.#waiters;
    let index = this.#done;
    while (index < waiters.length && waiters[index].offset <= offset) waiters[index++].resolve();
    this.#done = index;
    if (index === waiters.length) {
      this.#waiters = [];
      this.#done = 0;
    }
  }

  /** The log will never get further. */
  fail(error: Error): void {
    const waiters = this.#waiters.slice(this.#done);
    this.#waiters = [];
    this.#done = 0;
    for (const { reject } of waiters) reject(error);
  }
}
