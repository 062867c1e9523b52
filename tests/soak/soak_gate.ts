/** Lets clients work side by side, and one of them alone from time to time. */
export class SoakGate {
  #working = 0;
  #closed: Promise<void> | undefined;
  #idle: PromiseWithResolvers<void> | undefined;

  /** Does something beside others, once nobody works alone. @returns What `act` returns. */
  async beside<T>(act: () => Promise<T>): Promise<T> {
    while (this.#closed !== undefined) await this.#closed;
    this.#working++;
    try {
      return await act();
    } finally {
      if (--this.#working === 0) this.#idle?.resolve();
    }
  }

  /** Lets everybody finish, does something alone, and lets everybody go on. One caller only. */
  async alone(act: () => Promise<void>): Promise<void> {
    const opened = Promise.withResolvers<void>();
    this.#closed = opened.promise;
    try {
      if (this.#working > 0) {
        this.#idle = Promise.withResolvers<void>();
        await this.#idle.promise;
      }
      await act();
    } finally {
      this.#idle = undefined;
      this.#closed = undefined;
      opened.resolve();
    }
  }
}
