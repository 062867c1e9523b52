/**
 * File archives in the pxar format.
 *
 * An *archive* is a sequence of *items*: a 16-byte header with type and size, then content. The items
 * from one FILENAME up to the next make an *entry* (file, directory, symlink, ...) with its
 * *metadata*. A directory ends with a GOODBYE item, its *goodbye table*: name hashes and distances,
 * which make random access possible. Version 1 is one stream. Version 2, the *split archive*, is two:
 * the *metadata stream* with references, and the *payload stream* with the contents.
 * The *encoder* appends entries to sinks; the *decoder* reads a stream once, front to back; the
 * *accessor* jumps about in an archive from its end.
 *
 * @module
 */

export type { Acl, AclDefault, AclEntry, EntryMetadata, Xattr } from "./metadata.ts";
export { HEADER_SIZE as PAYLOAD_HEADER_BYTES } from "./format.ts";
export { aclEqual } from "./acl_equal.ts";
export { metadataEqual } from "./metadata_equal.ts";
export * from "./file_type.ts";
export * from "./attribute_flags.ts";
export { ACL_ACCESS_XATTR, ACL_DEFAULT_XATTR } from "./acl_xattr_format.ts";
export { aclFromXattrs } from "./acl_from_xattrs.ts";
export { aclToXattrs, type AclXattrs } from "./acl_to_xattrs.ts";
export type { RandomAccess } from "./random_access.ts";
export { PxarEncoder } from "./pxar_encoder.ts";
export type { EntryKind, PxarEntry } from "./pxar_entry.ts";
export { type DecoderEvent, PxarDecoder, type PxarDecoderOptions } from "./pxar_decoder.ts";
export { PayloadDecoder, type PayloadEvent } from "./payload_decoder.ts";
export { type ArchiveVisitor, type ChunkSource, decodeArchive } from "./decode_archive.ts";
export {
  type ContentPlace,
  endOfContent,
  type NearbyContents,
  readNearbyContents,
} from "./nearby_contents.ts";
export { type ContentRange, PxarAccessor } from "./pxar_accessor.ts";
export type { PxarDirectory } from "./pxar_directory.ts";
export type { PxarNode } from "./pxar_node.ts";
export type { PxarListing } from "./pxar_listing.ts";
