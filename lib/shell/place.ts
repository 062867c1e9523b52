import type { NameEntry } from "./archive_names.ts";

const SLASH = 0x2f;

/** A place in an archive: the entries from below the root down to it; empty for the root. */
export type Place = readonly NameEntry[];

/** Path of a place with a leading slash. */
export function pathOf(place: Place): Uint8Array<ArrayBuffer> {
  if (place.length === 0) return Uint8Array.of(SLASH);
  const path = new Uint8Array(place.reduce((sum, { name }) => sum + name.byteLength + 1, 0));
  let at = 0;
  for (const { name } of place) {
    path[at] = SLASH;
    path.set(name, at + 1);
    at += name.byteLength + 1;
  }
  return path;
}
