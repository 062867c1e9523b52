// Item types and limits of the pxar format (spec: pxar.md §1.2, §1.3). An item type is a 64-bit
// constant; inside the program it is its row number in ITEM_TYPES, a small integer.

/** Bytes of an item header: u64 type, u64 size including the header. */
export const HEADER_SIZE: number = 16;

export const FORMAT_VERSION: number = 0;
export const PRELUDE: number = 1;
export const ENTRY: number = 2;
export const ENTRY_V1: number = 3;
export const FILENAME: number = 4;
export const SYMLINK: number = 5;
export const DEVICE: number = 6;
export const XATTR: number = 7;
export const ACL_USER: number = 8;
export const ACL_GROUP: number = 9;
export const ACL_GROUP_OBJ: number = 10;
export const ACL_DEFAULT: number = 11;
export const ACL_DEFAULT_USER: number = 12;
export const ACL_DEFAULT_GROUP: number = 13;
export const FCAPS: number = 14;
export const QUOTA_PROJID: number = 15;
export const HARDLINK: number = 16;
export const PAYLOAD: number = 17;
export const PAYLOAD_REF: number = 18;
export const GOODBYE: number = 19;
export const PAYLOAD_START_MARKER: number = 20;
export const PAYLOAD_TAIL_MARKER: number = 21;

/** Longest file name and link target. */
export const MAX_NAME_LENGTH: number = 4096;
/** Name, NUL and value of an extended attribute together. */
export const MAX_XATTR_CONTENT = 255 + 65536;
/** Names of all extended attributes of a file with their NUL bytes: the kernel lists no more. */
export const MAX_XATTR_NAMES_LENGTH = 65536;
/** [HARDEN] Values of all extended attributes of a file; the kernel limits each to 64 KiB. */
export const MAX_XATTR_VALUES_LENGTH: number = 16 * 1024 * 1024;
/** Named users and groups of an ACL: the kernel's form takes 4 bytes and 8 per entry, of 64 KiB. */
export const MAX_ACL_ENTRIES = 8191;
/** [HARDEN] Longest prelude. */
export const MAX_PRELUDE_LENGTH = 16 * 1024 * 1024;
/** [HARDEN] Deepest nesting of directories. */
export const MAX_DEPTH: number = 65536;
/** [HARDEN] Longest path, slashes included. */
export const MAX_PATH_LENGTH = 1024 * 1024;
/** Content of an ENTRY item. */
export const STAT_SIZE: number = 40;
/** Content of an ENTRY_V1 item. */
export const LEGACY_STAT_SIZE: number = 32;
/** One item of a goodbye table. */
export const GOODBYE_ITEM_SIZE: number = 24;
/** Smallest GOODBYE item: header and tail. */
export const MIN_GOODBYE_SIZE = HEADER_SIZE + GOODBYE_ITEM_SIZE;
/** Smallest entry: a FILENAME item with one letter and a HARDLINK item. */
export const MIN_ENTRY_SIZE: number = HEADER_SIZE + 2 + HEADER_SIZE + 10;
/** Hash field of the last item of a goodbye table. */
export const GOODBYE_TAIL_MARKER = 0xef5eed5b753e1555n;
/** Keys of the name hash. */
export const HASH_KEY_0 = 0x83ac3f1cfbb450dbn;
export const HASH_KEY_1 = 0xaa4f1b6879369fbdn;
/** Nanoseconds of a time stay below this. */
export const NANOS_PER_SECOND = 1_000_000_000;

const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Name, type constant, smallest and largest content. */
type ItemType = readonly [string, bigint, number, number];

/** All item types; the row number is the constant above. */
export const ITEM_TYPES: readonly ItemType[] = [
  ["FORMAT_VERSION", 0x730f6c75df16a40dn, 8, 8],
  ["PRELUDE", 0xe309d79d9f7b771bn, 0, MAX_PRELUDE_LENGTH],
  ["ENTRY", 0xd5956474e588acefn, STAT_SIZE, STAT_SIZE],
  ["ENTRY_V1", 0x11da850a1c1cceffn, LEGACY_STAT_SIZE, LEGACY_STAT_SIZE],
  ["FILENAME", 0x16701121063917b3n, 2, MAX_NAME_LENGTH + 1],
  ["SYMLINK", 0x27f971e7dbf5dc5fn, 2, MAX_NAME_LENGTH + 1],
  ["DEVICE", 0x9fc9e906586d5ce9n, 16, 16],
  ["XATTR", 0x0dab0229b57dcd03n, 2, MAX_XATTR_CONTENT],
  ["ACL_USER", 0x2ce8540a457d55b8n, 16, 16],
  ["ACL_GROUP", 0x136e3eceb04c03abn, 16, 16],
  ["ACL_GROUP_OBJ", 0x10868031e9582876n, 8, 8],
  ["ACL_DEFAULT", 0xbbbb13415a6896f5n, 32, 32],
  ["ACL_DEFAULT_USER", 0xc89357b40532cd1fn, 16, 16],
  ["ACL_DEFAULT_GROUP", 0xf90a8a5816038ffen, 16, 16],
  ["FCAPS", 0x2da9dd9db5f7fb67n, 0, MAX_XATTR_CONTENT],
  ["QUOTA_PROJID", 0xe07540e82f7d1cbbn, 8, 8],
  ["HARDLINK", 0x51269c8422bd7275n, 10, 8 + MAX_NAME_LENGTH + 1],
  ["PAYLOAD", 0x28147a1b0b7c1a25n, 0, UNLIMITED],
  ["PAYLOAD_REF", 0x419d3d6bc4ba977en, 16, 16],
  ["GOODBYE", 0x2fec4fa642d5731dn, GOODBYE_ITEM_SIZE, UNLIMITED],
  ["PAYLOAD_START_MARKER", 0x834c68c2194a4ed2n, 0, 0],
  ["PAYLOAD_TAIL_MARKER", 0x6c72b78b984c81b5n, 0, 0],
];

/** Lower and upper halves of the type constants, by row. */
export const ITEM_TYPE_LOW: Uint32Array = Uint32Array.from(
  ITEM_TYPES,
  ([, type]) => Number(type & 0xffff_ffffn),
);
export const ITEM_TYPE_HIGH: Uint32Array = Uint32Array.from(
  ITEM_TYPES,
  ([, type]) => Number(type >> 32n),
);
/** Content limits, by row. */
export const ITEM_MIN_CONTENT: Float64Array = Float64Array.from(ITEM_TYPES, (row) => row[2]);
export const ITEM_MAX_CONTENT: Float64Array = Float64Array.from(ITEM_TYPES, (row) => row[3]);

/** Row number by lowest byte of the type constant (they differ from each other), 255 if none. */
export const ITEM_ROW_BY_LOWEST_BYTE: Uint8Array = new Uint8Array(256).fill(255);
ITEM_TYPE_LOW.forEach((low, row) => ITEM_ROW_BY_LOWEST_BYTE[low & 0xff] = row);

/** Whether an item is an attribute, of which an entry may have several; by row. */
export const IS_ATTRIBUTE: readonly boolean[] = ITEM_TYPES.map((_, row) =>
  row >= XATTR && row <= QUOTA_PROJID
);
