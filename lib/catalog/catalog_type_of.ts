import { type EntryKind, type PxarEntry, S_IFCHR, S_IFMT } from "../pxar/mod.ts";
import type { CatalogType } from "./format.ts";

const TYPES: Readonly<Record<Exclude<EntryKind, "device">, CatalogType>> = {
  directory: "d",
  file: "f",
  symlink: "l",
  hardlink: "h",
  fifo: "p",
  socket: "s",
};

/** The letter that an entry of an archive has in a catalog (spec: pxar.md §7). */
export function catalogTypeOf({ kind, metadata }: PxarEntry): CatalogType {
  if (kind !== "device") return TYPES[kind];
  return ((metadata?.mode ?? 0) & S_IFMT) === S_IFCHR ? "c" : "b";
}
