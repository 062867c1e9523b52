/**
 * Layout of the records a native walk delivers; see `native/include/pbs_capture.h`.
 *
 * @module
 */

/** What a record is; its word 1. */
export const RecordKind = {
  Entry: 1,
  Begin: 2,
  End: 3,
  Failed: 4,
  ExcludeFile: 5,
} as const;

/** Bits of word 2 of an entry. */
export const EntryFlag = {
  Root: 1,
  XattrsTooLarge: 2,
  MountPoint: 4,
  HasSelinuxLabel: 0x100,
  HasNfs4Acl: 0x200,
  HasOtherSecurity: 0x400,
  HasOtherXattrs: 0x800,
} as const;

/** Word numbers of an entry; numbers of 64 bits are two words, low first. */
export const EntryWord = {
  Flags: 2,
  Fd: 5,
  Mode: 6,
  Uid: 7,
  Gid: 8,
  MtimeNanos: 9,
  MtimeSecs: 10,
  Size: 12,
  Ino: 14,
  Dev: 16,
  Links: 18,
  RdevMajor: 19,
  RdevMinor: 20,
  FsFlags: 21,
  FatAttributes: 22,
  ProjectId: 23,
  NameLength: 24,
  TargetLength: 25,
  XattrCount: 26,
  FileSystem: 27,
} as const;

/** Bytes before the name of an entry. */
export const ENTRY_HEAD_BYTES = 112;

/** Word with the number of names of a begin record. */
export const BEGIN_COUNT_WORD = 3;

/** Word numbers of failed and exclude file records, whose bytes begin at `FAILURE_HEAD_BYTES`. */
export const FailureWord = { Step: 3, Errno: 4, Length: 5 } as const;

/** Bytes before the name or content of a failed or exclude file record. */
export const FAILURE_HEAD_BYTES = 24;

/** The call that failed. */
export const CaptureStep = {
  Stat: 1,
  Open: 2,
  Metadata: 3,
  ReadLink: 4,
  FileSystem: 5,
  ReadDirectory: 6,
  OpenExcludeFile: 7,
  ReadExcludeFile: 8,
  Return: 9,
} as const;
