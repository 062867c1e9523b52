import { makeZip } from "client-zip";
import { concatBytes } from "../bytes/mod.ts";
import { PbsError } from "../errors/mod.ts";
import type { PxarAccessor, PxarNode } from "../pxar/mod.ts";
import { readAhead, type ReadPart } from "./_ahead.ts";
import type { ContentOptions } from "./content_options.ts";
import { damageOf } from "./_damaged_file.ts";
import { type EntryEnd, type EntryPart, folderParts } from "./_folder_parts.ts";
import { zeroPieces } from "./_zero_pieces.ts";

/** ZIP keeps times from 1980 to 2107. */
const FIRST_SECOND = 315532800;
const LAST_SECOND = 4354819199;
const SLASH = Uint8Array.of(0x2f);
/** Bytes of an entry, beside its name, that stay in memory until a ZIP file's directory at the end. */
const BYTES_PER_ENTRY = 450;
/** A ZIP file whose directory would take more, of some 200,000 entries, is not made. */
const MAX_DIRECTORY_BYTES = 100 * 1024 * 1024;

/** An entry of a ZIP file. */
interface ZipEntry {
  readonly name: Uint8Array;
  readonly lastModified: Date;
  readonly mode: number;
  readonly size?: number;
  readonly input?: AsyncIterable<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
}

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
    // It takes names as bytes, which its types do not say.
    const entries = zipEntries(parts, options) as AsyncIterable<
      ZipEntry & { readonly input: AsyncIterable<Uint8Array<ArrayBuffer>> }
    >;
    for await (const part of makeZip(entries)) yield part;
  } finally {
    await parts.return(undefined);
  }
}

type Part = EntryPart | EntryEnd | ReadPart;

async function* zipEntries(
  parts: AsyncGenerator<Part>,
  { name, maxDirectoryBytes = MAX_DIRECTORY_BYTES }: ZipFolderOptions,
): AsyncGenerator<ZipEntry> {
  let directoryBytes = 0;
  for (let part = await nextOf(parts); part !== undefined; part = await nextOf(parts)) {
    if (part.kind !== "entry") continue;
    const path = pathIn(name, part.path);
    if (path.length === 0) continue;
    directoryBytes += BYTES_PER_ENTRY + path.length;
    if (directoryBytes > maxDirectoryBytes) {
      throw new PbsError("folder has too many entries for a ZIP file, use tar");
    }
    const { kind, target } = part.node.entry;
    const { metadata, size } = part.real.entry;
    const seconds = Math.min(Math.max(metadata?.mtimeSecs ?? 0, FIRST_SECOND), LAST_SECOND);
    const entry = { lastModified: new Date(seconds * 1000), mode: metadata?.mode ?? 0 };
    if (kind === "directory") {
      yield { ...entry, name: concatBytes([path, SLASH]) };
    } else if (kind === "symlink") {
      yield { ...entry, name: path, input: new Uint8Array(target ?? []) };
    } else if (kind === "file" || kind === "hardlink") {
      yield { ...entry, name: path, size, input: contentOf(parts, path) };
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
