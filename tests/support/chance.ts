import { concatBytes } from "../../lib/bytes/mod.ts";

/** xorshift32: the same cases in every run. */
export class Chance {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  /** A number from 0 up to but not including the limit. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
  /** Bytes of any value. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
  /** Some bytes changed, removed, doubled or put in. */
  mutate(bytes: Uint8Array): Uint8Array {
    let result = bytes.slice();
    for (let times = 1 + this.below(4); times > 0; times--) {
      const at = this.below(result.length + 1);
      switch (this.below(5)) {
        case 0:
          if (at < result.length) result[at] = this.below(256);
          break;
        case 1:
          if (at < result.length) result[at] = result[at]! ^ (1 << this.below(8));
          break;
        case 2:
          result = concatBytes([result.subarray(0, at), result.subarray(at + this.below(20))]);
          break;
        case 3:
          result = concatBytes([
            result.subarray(0, at),
            this.bytes(this.below(20)),
            result.subarray(at),
          ]);
          break;
        case 4:
          result = concatBytes([
            result.subarray(0, at),
            result.subarray(at - Math.min(at, this.below(60))),
          ]);
          break;
      }
    }
    return result;
  }
}
