import { makeZip } from "client-zip";
import { concatBytes } from "../bytes/mod.ts";
import { PbsError } from "../errors/mod.ts";

/** ZIP keeps times from 1980 to 2107. */
const FIRST_SECOND = 315532800;
const LAST_SECOND = 4354819199;
const SLASH = Uint8Array.of(0x2f);
/** Bytes of an entry, beside its name, that stay in memory until a ZIP file's directory at the end. */
const BYTES_PER_ENTRY = 450;
/** A ZIP file whose directory would take more, of some 200,000 entries, is not made. */
const MAX_DIRECTORY_BYTES = 100 * 1024 * 1024;

/** An entry of a ZIP file that is to be made. */
export type ZipEntry =
  & {
    /** Without a slash at either end. */
    readonly path: Uint8Array;
    readonly mode: number;
    readonly mtimeSecs: number;
  }
  & (
    | { readonly kind: "directory" }
    | { readonly kind: "symlink"; readonly target: Uint8Array }
    | {
      readonly kind: "file";
      readonly size: number;
      readonly content: AsyncIterable<Uint8Array<ArrayBuffer>>;
    }
  );

/** An entry as the library takes it: it takes names as bytes, which its types do not say. */
interface LibraryEntry {
  readonly name: Uint8Array;
  readonly lastModified: Date;
  readonly mode: number;
  readonly size?: number;
  readonly input: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/**
 * A ZIP file of entries, stored without compression.
 *
 * @param maxDirectoryBytes Bytes that may be kept of entries until the end; 100 MiB if absent.
 * @throws {PbsError} if there are too many entries.
 */
export async function* zipOf(
  entries: AsyncIterable<ZipEntry>,
  maxDirectoryBytes: number = MAX_DIRECTORY_BYTES,
): AsyncGenerator<Uint8Array> {
  for await (const part of makeZip(libraryEntries(entries, maxDirectoryBytes))) yield part;
}

async function* libraryEntries(
  entries: AsyncIterable<ZipEntry>,
  maxDirectoryBytes: number,
): AsyncGenerator<LibraryEntry> {
  let directoryBytes = 0;
  for await (const entry of entries) {
    const { path, mode, mtimeSecs } = entry;
    directoryBytes += BYTES_PER_ENTRY + path.length;
    if (directoryBytes > maxDirectoryBytes) {
      throw new PbsError("folder has too many entries for a ZIP file, use tar");
    }
    const seconds = Math.min(Math.max(mtimeSecs, FIRST_SECOND), LAST_SECOND);
    const common = { lastModified: new Date(seconds * 1000), mode };
    yield { ...common, ...nameAndContent(entry) } as LibraryEntry;
  }
}

function nameAndContent(entry: ZipEntry) {
  switch (entry.kind) {
    case "directory":
      return { name: concatBytes([entry.path, SLASH]) };
    case "symlink":
      return { name: entry.path, input: new Uint8Array(entry.target) };
    case "file":
      return { name: entry.path, size: entry.size, input: entry.content };
  }
}
