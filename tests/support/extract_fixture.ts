import { type EntryMetadata, S_IFDIR, S_IFREG } from "../../lib/pxar/mod.ts";
import type { TreeExtractor } from "../../lib/fs/mod.ts";

/** UTF-8 bytes of a text. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Metadata of an entry that belongs to root, with whatever differs from that. */
export function metadata(mode: number, more: Partial<EntryMetadata> = {}): EntryMetadata {
  return {
    mode,
    uid: 0,
    gid: 0,
    mtimeSecs: 1_600_000_000,
    mtimeNanos: 123_456_789,
    flags: 0,
    ...more,
  };
}

/** Metadata of a directory, 0755. */
export const DIRECTORY: EntryMetadata = metadata(S_IFDIR | 0o755);
/** Metadata of a regular file, 0644. */
export const FILE: EntryMetadata = metadata(S_IFREG | 0o644);

/** Adds a regular file with the given content. */
export function addFile(
  extractor: TreeExtractor,
  name: string,
  content: string | Uint8Array,
  more: EntryMetadata = FILE,
): void {
  const data = typeof content === "string" ? bytes(content) : content;
  extractor.beginFile(bytes(name), more, data.length);
  extractor.inlineData(data);
  extractor.endFile();
}
