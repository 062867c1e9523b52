import { makeZip } from "client-zip";
import { PbsError } from "../../errors/mod.ts";
import type { PxarAccessor, PxarNode } from "../../pxar/mod.ts";
import { readContent, walkArchive } from "./archive_walk.ts";

/** ZIP keeps times from 1980 to 2107. */
const FIRST_SECOND = 315532800;
const LAST_SECOND = 4354819199;
const SLASH = 0x2f;
/**
 * Bytes of an entry, beside its name, that stay in memory until a ZIP file's directory at the end.
 */
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

/**
 * A folder of an archive as ZIP, stored without compression. Files, folders and symlinks are in it,
 * hard links as files of their own; ZIP knows no devices, pipes and sockets.
 *
 * @param name Of the folder in the ZIP file.
 * @param maxDirectoryBytes What may be kept of entries until the end.
 * @throws {PbsError} if there are more; what was made so far is a ZIP file without its end.
 */
export async function* zipFolder(
  accessor: PxarAccessor,
  folder: PxarNode,
  name: Uint8Array,
  maxDirectoryBytes: number = MAX_DIRECTORY_BYTES,
): AsyncGenerator<Uint8Array> {
  // It takes names as bytes, which its types do not say.
  const entries = zipEntries(accessor, folder, name, maxDirectoryBytes) as AsyncIterable<
    ZipEntry & { readonly input: AsyncIterable<Uint8Array<ArrayBuffer>> }
  >;
  for await (const part of makeZip(entries)) yield part;
}

async function* zipEntries(
  accessor: PxarAccessor,
  folder: PxarNode,
  name: Uint8Array,
  maxDirectoryBytes: number,
): AsyncGenerator<ZipEntry> {
  let directoryBytes = 0;
  for await (const { path, node } of walkArchive(accessor, folder, name)) {
    directoryBytes += BYTES_PER_ENTRY + path.length;
    if (directoryBytes > maxDirectoryBytes) {
      throw new PbsError("folder has too many entries for a ZIP file, download it as tar");
    }
    const { kind, target } = node.entry;
    const real = kind === "hardlink" ? await accessor.resolve(node) : node;
    const { metadata, size } = real.entry;
    const seconds = Math.min(Math.max(metadata?.mtimeSecs ?? 0, FIRST_SECOND), LAST_SECOND);
    const entry = { lastModified: new Date(seconds * 1000), mode: metadata?.mode ?? 0 };
    if (kind === "directory") {
      const folderName = new Uint8Array(path.length + 1);
      folderName.set(path);
      folderName[path.length] = SLASH;
      yield { ...entry, name: folderName };
    } else if (kind === "symlink") {
      yield { ...entry, name: path, input: new Uint8Array(target ?? []) };
    } else if (kind === "file" || kind === "hardlink") {
      yield { ...entry, name: path, size, input: readContent(accessor, real) };
    }
  }
}
