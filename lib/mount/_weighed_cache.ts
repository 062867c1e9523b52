/**
 * Values by key, of which those used last stay. There are two generations, each of half the budget:
 * nothing is ever taken out of the middle of a table, which would make it slow.
 */
export class WeighedCache<K, V> {
  readonly #budget: number;
  #young = new Map<K, Kept<V>>();
  #old = new Map<K, Kept<V>>();
  #youngWeight = 0;

  /** @param budget Bytes. */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Whether there is one; that is no use of it. */
  has(key: K): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  /** The value, which is one of those used last then. */
  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young.value;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old.value, old.weight);
    return old?.value;
  }

  /** Keeps a value, and lets go of those that were not used for long. @param weight Bytes it takes. */
  set(key: K, value: V, weight: number): void {
    this.#youngWeight += weight - (this.#young.get(key)?.weight ?? 0);
    this.#young.set(key, { value, weight });
    if (this.#youngWeight <= this.#budget / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngWeight = 0;
  }

  /** Lets go of a value. */
  delete(key: K): void {
    this.#youngWeight -= this.#young.get(key)?.weight ?? 0;
    this.#young.delete(key);
    this.#old.delete(key);
  }
}

interface Kept<V> {
  readonly value: V;
  readonly weight: number;
}
