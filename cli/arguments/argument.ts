/**
 * One word of the command line. Words need not be valid UTF-8: `text` is what the runtime decoded,
 * `bytes` holds the word as it was given where decoding lost something.
 */
export interface Argument {
  readonly text: string;
  readonly bytes?: Uint8Array;
}

/**
 * The bytes of a word, for paths.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(argumentBytes({ text: "ü" }), new Uint8Array([0xc3, 0xbc]));
 * ```
 */
export function argumentBytes(argument: Argument): Uint8Array {
  return argument.bytes ?? new TextEncoder().encode(argument.text);
}
