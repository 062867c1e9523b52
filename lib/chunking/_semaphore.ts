/** An amount acquired from a {@linkcode Semaphore}; disposal gives it back. */
export interface Permit extends Disposable {
  /** Gives part of it back, so that `amount` are left. */
  shrink(amount: number): void;
}

/**
 * A number of units that are lent out, first come first served. Somebody who wants more than there
 * are gets it when nothing else is lent out.
 */
export class Semaphore {
  readonly #capacity: number;
  #used = 0;
  #waiting: { amount: number; grant: (permit: Permit) => void }[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  acquire(amount: number): Promise<Permit> {
    return new Promise((grant) => {
      this.#waiting.push({ amount, grant });
      this.#serve();
    });
  }

  #serve(): void {
    for (;;) {
      const first = this.#waiting[0];
      if (first === undefined) return;
      if (this.#used > 0 && this.#used + first.amount > this.#capacity) return;
      this.#waiting.shift();
      this.#used += first.amount;
      let held = first.amount;
      const shrink = (amount: number): void => {
        if (amount >= held) return;
        this.#used -= held - amount;
        held = amount;
        this.#serve();
      };
      first.grant({ shrink, [Symbol.dispose]: () => shrink(0) });
    }
  }
}
