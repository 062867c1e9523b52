/**
 * Tar: the stream that `tar` reads, as POSIX.1-2001 defines it (*pax*).
 *
 * Every entry has a *header* of one block of 512 bytes; what does not fit into it is in *records* of an
 * *extended header* in front of it. Content follows, padded to whole blocks, then the next entry. Records
 * that begin with `SCHILY.` and `GNU.` hold what POSIX does not know: extended attributes, ACLs, holes.
 * A *sink* makes the stream of what it is told of a tree.
 *
 * @module
 */

export { metadataRecords, type TarAttributes } from "./metadata_records.ts";
export { type SparseContent, sparseContent, type Stretch } from "./sparse_content.ts";
export {
  MAX_TAR_DEVICE_NUMBER,
  type PaxRecord,
  tarBrokenEnd,
  tarEnd,
  type TarEntry,
  tarHeader,
  tarPadding,
} from "./tar_header.ts";
export { type TarCounts, TarSink, type TarSinkOptions } from "./tar_sink.ts";
