import { concatBytes } from "../bytes/mod.ts";
import { PAYLOAD_BUFFER_BYTES, PAYLOAD_READ_BYTES } from "./format.ts";

/**
 * Arranges the writes of a payload stream into the pieces that its cuts depend on (the recipe in
 * spec: datastore-formats.md §3.4). Like the chunkers it defines what the native pipeline does.
 */
export class PayloadPieces {
  #collected: Uint8Array[] = [];
  #size = 0;

  /**
   * Adds one write: a marker, a header.
   *
   * @returns The pieces that are complete, none as a rule.
   */
  write(bytes: Uint8Array): Uint8Array[] {
    const pieces = this.#size + bytes.length > PAYLOAD_BUFFER_BYTES ? this.end() : [];
    if (bytes.length >= PAYLOAD_BUFFER_BYTES) pieces.push(bytes);
    else {
      this.#collected.push(bytes);
      this.#size += bytes.length;
    }
    return pieces;
  }

  /**
   * Adds the content of a file, which is read in blocks of its own.
   *
   * @returns The pieces that are complete.
   */
  file(content: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < content.length; at += PAYLOAD_READ_BYTES) {
      pieces.push(...this.write(content.subarray(at, at + PAYLOAD_READ_BYTES)));
    }
    return pieces;
  }

  /** @returns What is left, as a piece, if anything is. */
  end(): Uint8Array[] {
    if (this.#size === 0) return [];
    const piece = concatBytes(this.#collected);
    this.#collected = [];
    this.#size = 0;
    return [piece];
  }
}
