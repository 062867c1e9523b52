import type { HeaderField } from "../http/mod.ts";

/** Characters that a parameter of this form may have as they are (RFC 8187). */
const NOT_PLAIN = /[^A-Za-z0-9!#$&+.^_`|~-]/gu;
/** Characters of a name; file systems take hardly more. */
const MAX_NAME = 200;

/**
 * The field that makes a file of an answer, whatever its name holds.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const [, value] = attachmentField('a"b\n.txt');
 * assertEquals(value, "attachment; filename=\"a_b_.txt\"; filename*=UTF-8''a%22b_.txt");
 * ```
 */
export function attachmentField(name: string): HeaderField {
  // Controls, separators, and marks that turn the direction of what is read: "exe.txt" backwards.
  const shown = name.slice(0, MAX_NAME).toWellFormed().replace(/[\p{Cc}\p{Cf}/\\]/gu, "_");
  const plain = shown.replace(/[^\x20-\x7e]|["%]/gu, "_");
  const encoded = shown.replace(NOT_PLAIN, percentEncode);
  return ["content-disposition", `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`];
}

function percentEncode(character: string): string {
  return [...new TextEncoder().encode(character)].map((byte) =>
    `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
  ).join("");
}
