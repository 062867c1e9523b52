/**
 * The catalog of a snapshot: names, sizes and times of everything in its version 1 archives.
 *
 * A *catalog* is one stream of *blocks*, one per *directory*, children before parents; the *root
 * block* comes last and lists one directory per archive, named like the file on the server. An
 * *entry* has a *type* letter and a name, files also size and modification time, directories the
 * *distance* back to their block. Numbers are *varints*. Split archives have no catalog: their
 * metadata stream serves instead (spec: pxar.md §7).
 *
 * @module
 */

export { type CatalogType } from "./format.ts";
export { catalogTypeOf } from "./catalog_type_of.ts";
export { listedSecondsOf } from "./listed_seconds_of.ts";
export type { CatalogEntry } from "./catalog_entry.ts";
export { CatalogReader, type CatalogVisit } from "./catalog_reader.ts";
export { CatalogWriter } from "./catalog_writer.ts";
