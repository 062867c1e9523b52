// Names, modes and limits of the datastore on disk (spec: datastore-formats.md §6).

/** Folder of all chunks, in the datastore's root. */
export const CHUNKS_FOLDER = ".chunks";
/** File in the datastore's root as long as chunk folders may be missing. */
export const MISSING_FOLDERS_FILE = ".chunks.incomplete";
/** File of the process lock, in the datastore's root. */
export const PROCESS_LOCK_FILE = ".lock";
/** Folder of our group, snapshot and manifest locks; the reference keeps them elsewhere. */
export const LOCKS_FOLDER = ".locks";
/** Folder with a file for each chunk that verification found bad; the reference ignores it. */
export const BAD_CHUNKS_FOLDER = ".bad-chunks";
/** Result of the last garbage collection, in the datastore's root. */
export const GC_STATUS_FILE = ".gc-status";
/** Folder with what our maintenance remembers; the reference ignores it. */
export const MAINTENANCE_FOLDER = ".maintenance";
/** File in it with how far an unfinished garbage collection has come. */
export const GC_PROGRESS_FILE = "garbage-collection.json";
/** Folder before every component of a namespace. */
export const NAMESPACE_FOLDER = "ns";

/** File of a group that names its owner. */
export const OWNER_FILE = "owner";
/** File of a group with its notes. */
export const GROUP_NOTES_FILE = "notes";
/** File of a snapshot whose existence protects it. */
export const PROTECTED_FILE = ".protected";

/** Number of chunk folders, `0000` to `ffff`. */
export const CHUNK_FOLDER_COUNT = 65536;

/** Permission bits of files. */
export const FILE_MODE = 0o644;
/** Permission bits of folders outside of the chunk store. */
export const FOLDER_MODE = 0o755;
/** Permission bits of the chunk folders and the folder that holds them. */
export const CHUNK_FOLDER_MODE = 0o750;
/** Permission bits of lock files. */
export const LOCK_FILE_MODE = 0o660;

/** User and group `backup`, as which the reference server runs. */
export const REFERENCE_OWNER = { uid: 34, gid: 34 } as const;

/** Smallest encoded chunk: a blob header and one byte. */
export const MIN_ENCODED_CHUNK_BYTES = 13;
/** Most indexes one backup may write. */
export const MAX_INDEX_WRITERS = 256;

/** Default age that protects an unmarked chunk from garbage collection: 24 h 5 min. */
export const GC_CUTOFF_SECONDS = 86700;
/** Kept before the start of the oldest running backup. */
export const GC_WRITER_MARGIN_SECONDS = 300;

/** Files that a snapshot's listing shows. */
export const ARCHIVE_FILE_PATTERN: RegExp = /^.*\.([fd]idx|blob)$/;
/** Names of snapshot folders. */
export const SNAPSHOT_FOLDER_PATTERN: RegExp =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;
/** Names of chunk files. */
export const CHUNK_FILE_PATTERN: RegExp = /^[0-9a-f]{64}$/;
/** Names of chunk files that verification set aside. */
export const BAD_CHUNK_FILE_PATTERN: RegExp = /^[0-9a-f]{64}\.[0-9]\.bad$/;
/** Names of chunk files that are being written. */
export const TEMPORARY_CHUNK_FILE_PATTERN: RegExp = /^[0-9a-f]{64}\.tmp_[0-9A-Za-z]{6}$/;
/** Names of other files that are being written: indexes have other ones. */
export const TEMPORARY_FILE_PATTERN: RegExp = /\.tmp_[0-9A-Za-z]{6}$/;
/** Names of in-use markers of object stores. */
export const USING_FILE_PATTERN: RegExp = /^[0-9a-f]{64}\.using$/;
