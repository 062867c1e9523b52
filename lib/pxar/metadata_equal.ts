import { bytesEqual } from "../bytes/mod.ts";
import { aclEqual } from "./acl_equal.ts";
import type { EntryMetadata, Xattr } from "./metadata.ts";

/**
 * Whether two entries have the metadata that change detection compares: all of it, but of extended
 * attributes only the names and their order (spec: client-pipeline.md §3.5, pxar.md §5.9).
 *
 * @param compareXattrValues Compare the values as well.
 */
export function metadataEqual(
  a: EntryMetadata,
  b: EntryMetadata,
  compareXattrValues = false,
): boolean {
  return a.mtimeSecs === b.mtimeSecs && a.mtimeNanos === b.mtimeNanos && a.mode === b.mode &&
    a.uid === b.uid && a.gid === b.gid && a.flags === b.flags && a.projectId === b.projectId &&
    optionalBytesEqual(a.fcaps, b.fcaps) &&
    xattrsEqual(a.xattrs ?? [], b.xattrs ?? [], compareXattrValues) && aclEqual(a.acl, b.acl);
}

function optionalBytesEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : bytesEqual(a, b);
}

function xattrsEqual(a: readonly Xattr[], b: readonly Xattr[], values: boolean): boolean {
  return a.length === b.length &&
    a.every(({ name, value }, i) =>
      bytesEqual(name, b[i]!.name) && (!values || bytesEqual(value, b[i]!.value))
    );
}
