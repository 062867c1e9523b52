import { quotePath } from "../../../lib/bytes/mod.ts";

/**
 * A path within an archive as a line shows it: as it is, in quotes where something in it is not
 * printable. Directories end in a slash.
 */
export function shownPath(path: Uint8Array, isDirectory: boolean): string {
  const quoted = quotePath(path);
  const plain = new TextDecoder().decode(path);
  const end = isDirectory && path.length > 0 ? "/" : "";
  return quoted === `"${plain}"` ? `/${plain}${end}` : `"/${quoted.slice(1, -1)}${end}"`;
}
