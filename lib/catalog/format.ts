// The catalog format (spec: pxar.md §7).

/** First 8 bytes of SHA-256 of "Proxmox Backup Catalog file v1.0". */
export const CATALOG_MAGIC: Uint8Array = Uint8Array.of(
  0x91,
  0xfd,
  0x60,
  0xf9,
  0xc4,
  0x67,
  0x58,
  0xd5,
);
/** Bytes at the end: u64 position of the root block. */
export const ROOT_POINTER_SIZE = 8;
/** Names are shorter than this. */
export const NAME_LENGTH_LIMIT = 4096;
/** Longest varints. */
export const MAX_UNSIGNED_VARINT = 10;
export const MAX_SIGNED_VARINT = 11;
/** Longest entry: type, name with its length, two numbers. */
export const MAX_ENTRY_LENGTH: number = 1 + MAX_UNSIGNED_VARINT + NAME_LENGTH_LIMIT +
  MAX_UNSIGNED_VARINT + MAX_SIGNED_VARINT;
/** [HARDEN] Deepest nesting of directories that is walked through. */
export const MAX_DEPTH = 65536;
/** [HARDEN] Entries of all directories on the way to an entry that is searched for. */
export const MAX_SEARCHED_ENTRIES: number = 16 * 1024 * 1024;
/** [HARDEN] Longest path, slashes included. */
export const MAX_PATH_LENGTH: number = 1024 * 1024;

/** Kinds of entries; the type byte is the letter in ASCII. */
export type CatalogType = "d" | "f" | "l" | "h" | "b" | "c" | "p" | "s";

/** All type letters. */
export const CATALOG_TYPES = "dflhbcps";
/** Type byte of a directory. */
export const DIRECTORY_TYPE = 0x64;
/** Type byte of a regular file. */
export const FILE_TYPE = 0x66;
