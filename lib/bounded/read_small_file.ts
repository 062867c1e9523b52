import { concatBytes } from "../bytes/mod.ts";

/** Far more than any file of keys, passwords or settings has. */
const DEFAULT_LIMIT_BYTES = 1024 * 1024;
const PART_BYTES = 64 * 1024;

/**
 * A file, read whole if it is small. A pipe will do, e.g. of the shell's `<(…)`.
 *
 * @param limitBytes More than this is an error, and no more than this is read: what a file says of its
 * size is not believed, since a device says nothing.
 * @throws {Error} of the system, or one that says "it has more than … bytes".
 */
export async function readSmallFile(
  path: string | URL,
  limitBytes: number = DEFAULT_LIMIT_BYTES,
): Promise<Uint8Array<ArrayBuffer>> {
  // Opening a folder succeeds, reading it says what is wrong.
  using file = await Deno.open(path);
  const parts = new Parts(limitBytes);
  while (parts.add(await file.read(parts.next)));
  return parts.taken;
}

/** As {@linkcode readSmallFile}, while nothing else goes on. */
export function readSmallFileSync(
  path: string | URL,
  limitBytes: number = DEFAULT_LIMIT_BYTES,
): Uint8Array<ArrayBuffer> {
  using file = Deno.openSync(path);
  const parts = new Parts(limitBytes);
  while (parts.add(file.readSync(parts.next)));
  return parts.taken;
}

/** As {@linkcode readSmallFile}, decoded from UTF-8; wrong sequences become U+FFFD. */
export async function readSmallText(path: string | URL, limitBytes?: number): Promise<string> {
  return new TextDecoder().decode(await readSmallFile(path, limitBytes));
}

class Parts {
  /** Room for the next part. */
  next = new Uint8Array(PART_BYTES);
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  constructor(readonly limitBytes: number) {}

  /** @returns whether there may be more. */
  add(count: number | null): boolean {
    if (count === null) return false;
    this.#length += count;
    if (this.#length > this.limitBytes) {
      throw new Error(`it has more than ${this.limitBytes} bytes`);
    }
    this.#parts.push(this.next.subarray(0, count));
    this.next = new Uint8Array(PART_BYTES);
    return true;
  }

  get taken(): Uint8Array<ArrayBuffer> {
    return concatBytes(this.#parts);
  }
}
