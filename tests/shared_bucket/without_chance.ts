type Uuid = ReturnType<Crypto["randomUUID"]>;

/** Time that is now in all runs, milliseconds since the epoch. */
const WALL_MS = 1_800_000_000_000;

/** Clocks and chance of this program, stopped until the result is disposed.
 *
 * @param fill Fills random bytes with others; false if they may be random. */
export function withoutChance(fill: (bytes: Uint8Array) => boolean): Disposable {
  const { getRandomValues, randomUUID } = crypto;
  const { now } = Date;
  crypto.getRandomValues = ((bytes: Uint8Array) => {
    if (!fill(bytes)) getRandomValues.call(crypto, bytes as Uint8Array<ArrayBuffer>);
    return bytes;
  }) as typeof getRandomValues;
  crypto.randomUUID = () => {
    const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)));
    const digits = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") as Uuid;
  };
  Date.now = () => WALL_MS;
  return {
    [Symbol.dispose]() {
      Object.assign(crypto, { getRandomValues, randomUUID });
      Date.now = now;
    },
  };
}
