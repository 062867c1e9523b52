import { NotFoundError } from "../errors/mod.ts";
import { type CheckedSnapshot, type ChunkCache, DamagedChunkError } from "../reading/mod.ts";
import { CATALOG_NAME } from "../repository/mod.ts";
import type { ArchiveNames } from "./archive_names.ts";
import { CatalogNames } from "./_catalog_names.ts";
import { openCatalog } from "./open_catalog.ts";
import { openTree } from "./_open_tree.ts";
import { TreeNames } from "./_tree_names.ts";

/** How to read the names of a snapshot. */
export interface SnapshotNamesOptions {
  /** Whose manifest was checked. */
  readonly snapshot: CheckedSnapshot;
  /** For everything that is looked at; stays the caller's. */
  readonly cache: ChunkCache;
  /** Read the names from the archives even if there is a catalog. */
  readonly ignoresCatalog?: boolean;
  /** Told if the names do not come from where they should. */
  onNote(level: "info" | "warn", message: string): void;
}

/** Names that a dump shows together. */
export interface NamesPart {
  /** Name of the file of the archive that they belong to; undefined for a catalog of all archives. */
  readonly archive: string | undefined;
  /** Whether the archive itself is shown, as catalogs do. */
  readonly showsArchive: boolean;
  readonly names: ArchiveNames;
}

/**
 * The names of all file archives of a snapshot: from its catalog, else from the archives in the order of
 * their names (spec: pxar.md §7.6).
 *
 * @throws {NotFoundError} if there is neither a catalog nor a file archive.
 * @throws {CorruptDataError} on damage.
 */
export async function* snapshotNames(options: SnapshotNamesOptions): AsyncGenerator<NamesPart> {
  const { snapshot, cache } = options;
  const all = options.ignoresCatalog ? undefined : await namesOfCatalog(options);
  if (all !== undefined) {
    yield { archive: undefined, showsArchive: true, names: all };
    return;
  }
  const files = snapshot.manifest.files.filter(({ filename }) => /\.m?pxar\.didx$/.test(filename));
  if (files.length === 0) {
    // The official words, which scripts know.
    throw new NotFoundError(`manifest does not contain file '${CATALOG_NAME}'`);
  }
  for (const file of files.sort((a, b) => (a.filename < b.filename ? -1 : 1))) {
    const names = new TreeNames(await openTree(snapshot, file, cache));
    const { filename: archive } = file;
    yield { archive, showsArchive: archive.endsWith(".pxar.didx"), names };
  }
}

async function namesOfCatalog(options: SnapshotNamesOptions): Promise<ArchiveNames | undefined> {
  try {
    const catalog = await openCatalog(options.snapshot, options.cache);
    return catalog && new CatalogNames(catalog);
  } catch (error) {
    if (!DamagedChunkError.isCause(error)) throw error;
    options.onNote(
      "warn",
      `the catalog cannot be used, names are read from the archives: ${error.message}`,
    );
    return undefined;
  }
}
