/** Values by key, of which those used last stay, as many as weigh no more than a budget together. */
export class WeighedCache<K, V> {
  readonly #budget: number;
  readonly #values = new Map<K, { readonly value: V; readonly weight: number }>();
  #weight = 0;

  /** @param budget Bytes. */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Whether there is one; that is no use of it. */
  has(key: K): boolean {
    return this.#values.has(key);
  }

  /** The value, which is the one used last then. */
  get(key: K): V | undefined {
    const kept = this.#values.get(key);
    if (kept === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, kept);
    return kept.value;
  }

  /** Keeps a value, and lets go of others for it. @param weight Bytes it takes, about. */
  set(key: K, value: V, weight: number): void {
    this.delete(key);
    this.#values.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#values.keys()) {
      if (this.#weight <= this.#budget || this.#values.size === 1) return;
      this.delete(oldest);
    }
  }

  /** Lets go of a value. */
  delete(key: K): void {
    this.#weight -= this.#values.get(key)?.weight ?? 0;
    this.#values.delete(key);
  }
}
