import { quotePath } from "../../lib/bytes/mod.ts";

/** A name or path as a line shows it: as it is, in quotes where something in it is not printable. */
export function shownName(name: Uint8Array): string {
  const quoted = quotePath(name);
  const plain = new TextDecoder("utf-8", { ignoreBOM: true }).decode(name);
  return quoted === `"${plain}"` ? plain : quoted;
}
