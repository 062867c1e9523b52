import { EntryStream } from "../entries/mod.ts";
import { CatalogReader, catalogTypeOf } from "../catalog/mod.ts";
import { Turns } from "../chunking/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { Manifest, ManifestFile } from "../manifest/mod.ts";
import type { RandomAccess } from "../pxar/mod.ts";
import { CachedStream, type CheckedSnapshot, ChunkCache } from "../reading/mod.ts";
import { CATALOG_NAME } from "../repository/mod.ts";
import type { NameTreeBuilder } from "./_name_tree_builder.ts";

/** Plain bytes of chunks that stay between snapshots. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** Catalogs up to this size are read at once. */
const MAX_WHOLE_BYTES = 16 * 1024 * 1024;
const METADATA = ".mpxar.didx";
const WHOLE = ".pxar.didx";

/** A file of a snapshot that has names. */
export interface NameSource {
  readonly file: ManifestFile;
  /** The archive whose names they are; undefined for a catalog, which has those of several. */
  readonly archive: string | undefined;
}

/**
 * The files that have the names of a snapshot: its catalog, and the metadata of split archives. What a
 * catalog lacks is in the archives themselves.
 *
 * @param withoutCatalog Whether not to use the catalog: it is damaged.
 */
export function nameSources(manifest: Manifest, withoutCatalog: boolean): NameSource[] {
  const { files } = manifest;
  const catalog = withoutCatalog
    ? undefined
    : files.find(({ filename }) => filename === CATALOG_NAME);
  const sources: NameSource[] = catalog === undefined
    ? []
    : [{ file: catalog, archive: undefined }];
  for (const file of files) {
    const { filename } = file;
    if (filename.endsWith(METADATA)) {
      sources.push({ file, archive: `${filename.slice(0, -METADATA.length)}.pxar` });
    } else if (filename.endsWith(WHOLE) && catalog === undefined) {
      sources.push({ file, archive: filename.slice(0, -".didx".length) });
    }
  }
  return sources;
}

/**
 * Reads the names of a file into a builder that has begun.
 *
 * @throws {CorruptDataError} if it is damaged, {KeyError} if it is encrypted and there is no key.
 */
export async function readNames(
  snapshot: CheckedSnapshot,
  source: NameSource,
  builder: NameTreeBuilder,
): Promise<void> {
  const { file, archive } = source;
  const index = await snapshot.readIndex(file);
  using cache = new ChunkCache(snapshot.source, snapshot.crypt, KEPT_BYTES);
  if (archive === undefined) {
    const stream = new CachedStream(index, cache, file.cryptMode === "encrypt");
    await readCatalog(await CatalogReader.open(await wholeOf(stream)), builder);
    return;
  }
  const { cryptMode, filename } = file;
  const stream = new EntryStream(
    { index, source: snapshot.source, cache, cryptMode },
    filename.endsWith(METADATA),
  );
  try {
    await readArchive(stream, builder);
  } finally {
    await stream.settle();
  }
}

/** A catalog in memory, where it is not too large: its blocks are small and many. */
async function wholeOf(stream: RandomAccess): Promise<RandomAccess> {
  const { size } = stream;
  if (size > MAX_WHOLE_BYTES) return stream;
  const bytes = await stream.read(0, size);
  return {
    size,
    read: (offset, length) =>
      offset >= 0 && offset + length <= size
        ? Promise.resolve(bytes.subarray(offset, offset + length))
        : Promise.reject(new CorruptDataError(`catalog: nothing lies at ${offset + length}`)),
  };
}

async function readCatalog(reader: CatalogReader, builder: NameTreeBuilder): Promise<void> {
  const turns = new Turns();
  for await (const { entry, path } of reader.walk()) {
    while (builder.depth > path.length) builder.leave();
    if (entry.type === "d") {
      builder.enter(entry.name);
      await turns.give();
    } else {
      builder.add(entry);
    }
  }
}

async function readArchive(stream: EntryStream, builder: NameTreeBuilder): Promise<void> {
  for (;; stream.take()) {
    if (stream.ahead === undefined) await stream.fill();
    const ahead = stream.ahead!;
    if (ahead === "finished") return;
    if (ahead === "leave") {
      // That of the root ends with the archive.
      if (builder.depth > 1) builder.leave();
    } else if (ahead.kind === "directory") {
      if (ahead.depth > 0) builder.enter(ahead.name);
    } else {
      builder.add({
        type: catalogTypeOf(ahead),
        name: ahead.name,
        size: ahead.size,
        mtimeSecs: ahead.kind === "file" ? ahead.metadata!.mtimeSecs : 0,
      });
    }
  }
}
