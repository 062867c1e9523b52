const encoder = new TextEncoder();
const KEPT = /^[A-Za-z0-9_.]$/;

/**
 * A name as a file name, in the way of systemd's unit names (spec: client-pipeline.md §6.3): `/`
 * becomes `-`; of other bytes only letters, digits, `_` and `.` stay, the latter not in front.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(escapeUnitName("h:tank/my-disk.img"), String.raw`h\x3atank-my\x2ddisk.img`);
 * ```
 */
export function escapeUnitName(name: string): string {
  return Array.from(encoder.encode(name), (byte, position) => {
    const character = String.fromCharCode(byte);
    if (character === "/") return "-";
    if (KEPT.test(character) && !(character === "." && position === 0)) return character;
    return `\\x${byte.toString(16).padStart(2, "0")}`;
  }).join("");
}

/** The name that was made a file name; what is not escaped properly stays as it is. */
export function unescapeUnitName(escaped: string): string {
  const bytes: number[] = [];
  for (const part of escaped.match(/\\x[0-9a-fA-F]{2}|[^]/gu) ?? []) {
    if (part.length > 2 && part.startsWith("\\x")) bytes.push(parseInt(part.slice(2), 16));
    else bytes.push(...encoder.encode(part === "-" ? "/" : part));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
