import { concatBytes } from "../bytes/mod.ts";
import type { PxarAccessor, PxarNode } from "../pxar/mod.ts";
import { readAhead, type ReadPart } from "./_ahead.ts";
import type { ContentOptions } from "./content_options.ts";
import { damageOf } from "./_damaged_file.ts";
import { type EntryEnd, type EntryPart, folderParts } from "./_folder_parts.ts";
import { zeroPieces } from "./zero_pieces.ts";
import { type ZipEntry, zipOf } from "./zip_of.ts";

const SLASH = Uint8Array.of(0x2f);

/** How a folder becomes ZIP. */
export interface ZipFolderOptions extends ContentOptions {
  /** Name of the folder, or of the single entry, in the ZIP file; if absent, entries begin within. */
  readonly name?: Uint8Array;
  /** Bytes that may be kept of entries until the end; 100 MiB if absent. */
  readonly maxDirectoryBytes?: number;
}

/**
 * A folder of an archive, or a file of it, as ZIP, stored without compression. Files, folders and symlinks
 * are in it, hard links as files of their own; ZIP knows no devices, pipes and sockets.
 *
 * @throws {PbsError} if there are too many entries, {CorruptDataError} if something is damaged; what was
 *   made so far is a ZIP file without its end.
 */
export async function* zipFolder(
  accessor: PxarAccessor,
  folder: PxarNode,
  options: ZipFolderOptions = {},
): AsyncGenerator<Uint8Array> {
  const parts = readAhead(folderParts(accessor, folder, options), options.aheadBytes ?? 0);
  try {
    yield* zipOf(zipEntries(parts, options), options.maxDirectoryBytes);
  } finally {
    await parts.return(undefined);
  }
}

type Part = EntryPart | EntryEnd | ReadPart;

async function* zipEntries(
  parts: AsyncGenerator<Part>,
  { name }: ZipFolderOptions,
): AsyncGenerator<ZipEntry> {
  for (let part = await nextOf(parts); part !== undefined; part = await nextOf(parts)) {
    if (part.kind !== "entry") continue;
    const path = pathIn(name, part.path);
    if (path.length === 0) continue;
    const { kind, target } = part.node.entry;
    const { metadata, size } = part.real.entry;
    const entry = { path, mode: metadata?.mode ?? 0, mtimeSecs: metadata?.mtimeSecs ?? 0 };
    if (kind === "directory") yield { ...entry, kind };
    else if (kind === "symlink") yield { ...entry, kind, target: target ?? new Uint8Array() };
    else if (kind === "file" || kind === "hardlink") {
      yield { ...entry, kind: "file", size, content: contentOf(parts, path) };
    }
  }
}

/** The content of the entry at hand: what comes up to its end. */
async function* contentOf(
  parts: AsyncGenerator<Part>,
  path: Uint8Array,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let part = await nextOf(parts); part?.kind === "content"; part = await nextOf(parts)) {
    const { bytes, length } = part as ReadPart;
    if (bytes === undefined) {
      yield* zeroPieces(length);
      continue;
    }
    try {
      yield await bytes as Uint8Array<ArrayBuffer>;
    } catch (error) {
      throw damageOf(path, error) ?? error;
    }
  }
}

async function nextOf(parts: AsyncGenerator<Part>): Promise<Part | undefined> {
  const { value, done } = await parts.next();
  return done ? undefined : value;
}

/** Path of an entry in the ZIP file. */
function pathIn(name: Uint8Array | undefined, path: Uint8Array): Uint8Array {
  if (name === undefined || path.length === 0) return name ?? path;
  return concatBytes([name, SLASH, path]);
}
