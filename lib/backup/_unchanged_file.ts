import { type EntryMetadata, metadataEqual, type PxarEntry } from "../pxar/mod.ts";
import type { PreviousRecord } from "../reuse/mod.ts";

/** A regular file as far as change detection looks at it. */
export interface ComparedFile {
  /** Path below the source. */
  readonly path: Uint8Array;
  readonly metadata: EntryMetadata;
  readonly sizeBytes: number;
}

/**
 * Whether the previous archive has the content of a file (spec: client-pipeline.md §3.4, §3.5).
 *
 * @param previous The entry of its name there.
 * @param record Which of the previous archive's files may be trusted.
 */
export function isUnchangedFile(
  { path, metadata, sizeBytes }: ComparedFile,
  previous: PxarEntry,
  record: PreviousRecord,
): boolean {
  return previous.kind === "file" && previous.payloadOffset >= 0 &&
    previous.size === sizeBytes && previous.metadata !== undefined &&
    metadataEqual(metadata, previous.metadata, true) &&
    record.isTrustworthy(path, metadata.mtimeSecs);
}
