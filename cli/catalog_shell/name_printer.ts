import { quotePath } from "../../lib/bytes/mod.ts";
import type { Output } from "../output/output.ts";

/** Names are written in portions of this many bytes. */
const PORTION_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Writes names as results: raw, but on a terminal quoted where they could do things to it. */
export class NamePrinter {
  readonly #output: Output;
  #portion: Uint8Array<ArrayBuffer> = new Uint8Array(PORTION_BYTES);
  #length = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** A name as it is shown. */
  shown(name: Uint8Array): Uint8Array {
    return this.#output.showsResults ? printableName(name) : name;
  }

  /** Adds a name, on a line of its own. */
  add(name: Uint8Array): void {
    const shown = this.shown(name);
    if (this.#length + shown.byteLength + 1 > PORTION_BYTES) this.flush();
    if (shown.byteLength + 1 > this.#portion.byteLength) {
      this.#portion = new Uint8Array(shown.byteLength + 1);
    }
    this.#portion.set(shown, this.#length);
    this.#length += shown.byteLength;
    this.#portion[this.#length++] = NEWLINE;
  }

  /** Writes what was added. */
  flush(): void {
    const length = this.#length;
    this.#length = 0;
    this.#output.printBytes(this.#portion.subarray(0, length));
  }

  /** Writes all of them; those before a failure as well. */
  async all(names: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const name of names) this.add(name);
    } finally {
      this.flush();
    }
  }
}

/** The name itself if it is text without control characters, else in quotes with escapes. */
export function printableName(name: Uint8Array): Uint8Array {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(name);
    if (!CONTROL.test(text)) return name;
  } catch {
    // No text.
  }
  return new TextEncoder().encode(quotePath(name));
}
