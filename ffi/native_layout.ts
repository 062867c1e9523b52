/**
 * Written by scripts/write_native_layout.ts from the `layout` modules of the native
 * crates, where each record and value is declared once.
 *
 * @module
 */

/** The C ABI. */
export const Abi = {
  /** The TypeScript bindings refuse a shared object with another number. */
  Version: 8,
} as const;

/** Metadata to read of an entry, as bits; chosen per file system. */
export const CaptureFeature = {
  /** `user.*`, `trusted.*`, `security.NTACL`. */
  Xattrs: 1,
  /** `system.posix_acl_access`, `system.posix_acl_default`. */
  Acl: 2,
  /** `security.capability`. */
  Fcaps: 4,
  /** Of `FS_IOC_FSGETXATTR`. */
  ProjectId: 8,
  /** Of `FAT_IOCTL_GET_ATTRIBUTES`. */
  FatAttributes: 16,
} as const;

/** State of a walk. */
export const CaptureState = {
  /** Call again. */
  Running: 0,
  /** The last record asks for a decision. */
  Paused: 1,
  Complete: 2,
} as const;

/** Status that a call reports beside its records. Number of each field's word. */
export const CaptureStatusWord = {
  /** One of `CaptureState`. */
  state: 0,
  /** Descriptors in the records of this call, the caller's to close. */
  openFiles: 1,
  /** Smallest buffer that holds the next record; 0 if none is waiting. */
  needed: 2,
} as const;

/** Bytes of the fixed part of that record. */
export const CAPTURE_STATUS_BYTES = 16;

/** Kinds of records. */
export const CaptureKind = {
  Entry: 1,
  /** The contents of the directory delivered last follow. */
  Begin: 2,
  /** The innermost directory ends. */
  End: 3,
  /** A call failed; the name is empty for the innermost directory itself. */
  Failed: 4,
  /** The content of an exclude file. The walk pauses after it and the marks. */
  ExcludeFile: 5,
  /** A name that is watched, and its content. The walk pauses after all of them. */
  Mark: 6,
} as const;

/** Bits of an entry's flags. */
export const CaptureFlag = {
  /** The entry is the root; it has no name. */
  Root: 1,
  /** Extended attributes were left out because the kernel said E2BIG. */
  XattrsTooLarge: 2,
  /** The directory is on another file system than its parent. The walk pauses after it. */
  MountPoint: 4,
  /** Has an extended attribute that no archive holds: the label of SELinux. */
  HasSelinuxLabel: 256,
  /** The same: an access control list of NFS 4. */
  HasNfs4Acl: 512,
  /** The same: another one of `security.*`. */
  HasOtherSecurity: 1024,
  /** The same: any other one. */
  HasOtherXattrs: 2048,
} as const;

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
  /** Opening a directory again in which not all entries were read yet. */
  Return: 9,
} as const;

/** An entry; name, symlink target and extended attributes follow. Number of each field's word. */
export const CaptureEntryWord = {
  /** Of the whole record in bytes, a multiple of 8. */
  length: 0,
  kind: 1,
  /** Of `CaptureFlag`. */
  flags: 2,
  reserved: 3,
  /** Open for reading if the entry is a file that is not empty, else -1. */
  descriptor: 5,
  mode: 6,
  uid: 7,
  gid: 8,
  mtimeNanos: 9,
  mtimeSecs: 10,
  size: 12,
  inode: 14,
  device: 16,
  links: 18,
  rdevMajor: 19,
  rdevMinor: 20,
  /** Of `FS_IOC_GETFLAGS`. */
  fsFlags: 21,
  fatAttributes: 22,
  projectId: 23,
  nameLength: 24,
  targetLength: 25,
  xattrCount: 26,
  /** `f_type` of a mount point. */
  fileSystem: 27,
} as const;

/** Bytes of the fixed part of that record. */
export const CAPTURE_ENTRY_BYTES = 112;

/** An extended attribute of an entry; name and value follow, without padding. Byte of each field. */
export const CaptureXattrByte = {
  nameLength: 0,
  valueLength: 4,
} as const;

/** Bytes of the fixed part of that record. */
export const CAPTURE_XATTR_BYTES = 8;

/** The contents of the directory delivered last begin. Number of each field's word. */
export const CaptureBeginWord = {
  length: 0,
  kind: 1,
  reserved: 2,
  /** How many names were listed. */
  count: 3,
} as const;

/** Bytes of the fixed part of that record. */
export const CAPTURE_BEGIN_BYTES = 16;

/** The innermost directory ends. Number of each field's word. */
export const CaptureEndWord = {
  length: 0,
  kind: 1,
} as const;

/** Bytes of the fixed part of that record. */
export const CAPTURE_END_BYTES = 8;

/** A call that failed, or an exclude file; name or content follow. Number of each field's word. */
export const CaptureFailureWord = {
  length: 0,
  kind: 1,
  reserved: 2,
  /** One of `CaptureStep`; 0 for an exclude file that was read. */
  step: 3,
  errno: 4,
  textLength: 5,
} as const;

/** Bytes of the fixed part of that record. */
export const CAPTURE_FAILURE_BYTES = 24;

/** Kinds of what is told of a name that is watched. */
export const MarkKind = {
  /** That it is there, whatever it is. */
  Name: 0,
  /** The first bytes of a regular file. */
  Head: 1,
  /** All of a regular file. */
  Content: 2,
} as const;

/** A name that is watched is there; content follows. Number of each field's word. */
export const CaptureMarkWord = {
  length: 0,
  kind: 1,
  /** Which one of those that are watched. */
  index: 2,
  /** One of `CaptureStep`; 0 if it could be read. */
  step: 3,
  /** EINVAL for what is no regular file. */
  errno: 4,
  textLength: 5,
} as const;

/** Bytes of the fixed part of that record. */
export const CAPTURE_MARK_BYTES = 24;

/** Bits of a match entry's flags. */
export const MatchFlag = {
  Include: 1,
  Anchored: 2,
  DirectoriesOnly: 4,
} as const;

/** Kinds of components a glob pattern consists of. */
export const GlobKind = {
  /** These bytes. */
  Literal: 0,
  /** `?` */
  AnyByte: 1,
  /** `*` */
  Star: 2,
  /** `**` between slashes; what follows, if anything, is a literal that begins with a slash. */
  StarStar: 3,
  /** `[...]`: 32 bytes, a bit per member. */
  Class: 4,
} as const;

/** Bits of the options' flags. */
export const ExtractFlag = {
  AllowExistingDirs: 1,
  OverwriteFiles: 2,
  OverwriteSymlinks: 4,
  OverwriteHardlinks: 8,
  IgnoreOwnership: 16,
  IgnorePermissions: 32,
  IgnoreDeviceErrors: 64,
  StopAtFirstError: 128,
  /** Directories, devices, named pipes and sockets replace what is in their place, but no directory. */
  OverwriteOthers: 256,
  /** Replaces, where that is allowed, at once, by renaming; flags that forbid it are taken away, and directories that exist get exactly the metadata of the archive. */
  Replace: 512,
} as const;

/** How entries are restored. Number of each field's word. */
export const ExtractOptionsWord = {
  /** Of `ExtractFlag`. */
  flags: 0,
  /** Worker threads; 0 for one per processor. */
  threads: 1,
  /** Attribute flags that may be changed. */
  linuxFlagsMask: 2,
  /** Those of them that are set before the data is written. */
  initialFlagsMask: 3,
} as const;

/** Bytes of the fixed part of that record. */
export const EXTRACT_OPTIONS_BYTES = 16;

/** Operations of commands. */
export const ExtractOp = {
  /** Metadata of the root. */
  Root: 1,
  Enter: 2,
  /** Leaves a directory (bare). */
  Leave: 3,
  /** A complete file. */
  File: 4,
  FileBegin: 5,
  FilePieces: 6,
  /** Ends the file that has begun (bare). */
  FileEnd: 7,
  Symlink: 8,
  Hardlink: 9,
  /** A device, named pipe or socket, as the mode says. */
  Node: 10,
  /** Gives up the file that has begun: it is unlinked (bare). */
  FileDrop: 11,
  /** Removes what is at a path below the directory, which is the target: a directory, if the mode says so, only if it is empty. */
  Remove: 12,
  /** Metadata of an entry that exists; no directory. */
  Mend: 13,
} as const;

/** A command without more, and the start of every other one. Number of each field's word. */
export const ExtractBareWord = {
  /** Of the whole command in bytes, a multiple of 8. */
  length: 0,
  /** One of `ExtractOp`, and the length of the name shifted by 16 bits. */
  op: 1,
} as const;

/** Bytes of the fixed part of that record. */
export const EXTRACT_BARE_BYTES = 8;

/** A command with metadata. Name, NUL and padding to 4 follow; extras; pieces, or link target, NUL and padding to 4. Number of each field's word. */
export const ExtractEntryWord = {
  length: 0,
  op: 1,
  mode: 2,
  uid: 3,
  gid: 4,
  mtimeNanos: 5,
  mtimeSecs: 6,
  /** Size of a file (low, high), or major and minor number of a device. */
  number: 8,
  extrasLength: 10,
  /** Number of pieces of a file, or length of the target of a link. */
  count: 11,
} as const;

/** Bytes of the fixed part of that record. */
export const EXTRACT_ENTRY_BYTES = 48;

/** More pieces of the file that has begun; they follow. Number of each field's word. */
export const ExtractPiecesWord = {
  length: 0,
  op: 1,
  count: 2,
  reserved: 3,
} as const;

/** Bytes of the fixed part of that record. */
export const EXTRACT_PIECES_BYTES = 16;

/** Place of bytes of a file. Number of each field's word. */
export const ExtractPieceWord = {
  /** Number of a chunk, or one of `PieceChunk`. */
  chunk: 0,
  offset: 1,
  length: 2,
} as const;

/** Bytes of the fixed part of that record. */
export const EXTRACT_PIECE_BYTES = 12;

/** Numbers of chunks that are none. */
export const PieceChunk = {
  /** The bytes follow, padded to 4. */
  Inline: 4294967295,
} as const;

/** Contents of an extra. An extra starts with this number and its length shifted by 8 bits, in 32 bits; the bytes follow, padded to 4. */
export const ExtractTag = {
  /** Name, NUL, value. */
  Xattr: 1,
  /** Value of the attribute. */
  Fcaps: 2,
  /** Value of the attribute. */
  AclAccess: 3,
  /** Value of the attribute. */
  AclDefault: 4,
  /** 32 bits. */
  ProjectId: 5,
  /** 32 bits of `FS_IOC_SETFLAGS`, 32 bits of `FAT_IOCTL_SET_ATTRIBUTES`. */
  Flags: 6,
  /** Name of an attribute that an entry that exists must not have. */
  RemoveXattr: 7,
} as const;

/** The step that failed, or what is worth knowing. */
export const ExtractStep = {
  Create: 0,
  Open: 1,
  Write: 2,
  InitialFlags: 3,
  Ownership: 4,
  Xattrs: 5,
  Fcaps: 6,
  Acl: 7,
  ProjectId: 8,
  Permissions: 9,
  Time: 10,
  Flags: 11,
  FatAttributes: 12,
  LinkTarget: 13,
  /** No error: an extended attribute that is not restored. */
  SkippedXattr: 14,
  /** The file is not complete and could not be unlinked. */
  Remove: 15,
  /** No error: set-id bits or file capabilities of an owner that the entry has not got. */
  DroppedPrivileges: 16,
  /** No error: the file system has no extended attributes. The first one is reported. */
  NoXattrs: 17,
  /** No error: the file system has no attribute flags, or not these. The first one is reported. */
  NoFlags: 18,
  /** No error: a device whose failure is to be ignored. The first one is reported. */
  SkippedDevice: 19,
  CreateDevice: 20,
  /** Removal of an entry that the archive does not have. */
  Delete: 21,
} as const;

/** Start of a report. The tokens, 32 bits each, and the errors follow. Byte of each field. */
export const ExtractReportByte = {
  tokens: 0,
  errors: 4,
  /** Errors there was no room for. */
  lost: 8,
  /** Jobs that are not finished. */
  underWay: 12,
} as const;

/** Bytes of the fixed part of that record. */
export const EXTRACT_REPORT_BYTES = 16;

/** An error; the path below the root follows, padded to 4. Byte of each field. */
export const ExtractErrorByte = {
  errno: 0,
  /** One of `ExtractStep`. */
  step: 4,
  reserved: 5,
  pathLength: 6,
} as const;

/** Bytes of the fixed part of that record. */
export const EXTRACT_ERROR_BYTES = 8;

/** Counters of what was made. Byte of each field. */
export const ExtractCountersByte = {
  files: 0,
  directories: 8,
  symlinks: 16,
  hardlinks: 24,
  nodes: 32,
  bytes: 40,
  errors: 48,
  /** Entries whose extended attributes the file system does not have. */
  withoutXattrs: 56,
  /** Entries whose attribute flags the file system does not have. */
  withoutFlags: 64,
  skippedDevices: 72,
} as const;

/** Bytes of the fixed part of that record. */
export const EXTRACT_COUNTERS_BYTES = 80;

/** Bits of the settings' flags. */
export const PipelineFlag = {
  Compress: 1,
  Encrypt: 2,
} as const;

/** Settings of a pipeline or a decoder. Byte of each field. */
export const PipelineSettingsByte = {
  /** Memory budget; for a decoder only how much free memory is kept. */
  budgetBytes: 0,
  /** Threads; 0 for one per processor. */
  workers: 8,
  /** Of `PipelineFlag`. */
  flags: 12,
  encryptionKey: 16,
  idKey: 48,
} as const;

/** Bytes of the fixed part of that record. */
export const PIPELINE_SETTINGS_BYTES = 80;

/** Counters of a pipeline. Byte of each field. */
export const PipelineCountersByte = {
  readNanos: 0,
  cutNanos: 8,
  hashNanos: 16,
  compressNanos: 24,
  sealNanos: 32,
  /** Waiting for memory. */
  waitNanos: 40,
  hashedBytes: 48,
  encodedBytes: 56,
  blobBytes: 64,
  /** Of buffers now. */
  bufferBytes: 72,
  /** Of buffers at most. */
  peakBufferBytes: 80,
  /** Read and searched by several threads. */
  togetherBytes: 88,
} as const;

/** Bytes of the fixed part of that record. */
export const PIPELINE_COUNTERS_BYTES = 96;

/** Vector instructions in use: of the search for cuts, and of hashing chunks side by side. */
export const VectorPath = {
  CutAvx2: 1,
  CutAvx512: 2,
  HashSha: 4,
  HashAvx512: 8,
} as const;

/** Kinds of streams. */
export const StreamKind = {
  /** With an average size of chunks. */
  Dynamic: 0,
  /** With a size of chunks. */
  Fixed: 1,
  /** With an average size of chunks, and boundaries from outside. */
  Payload: 2,
} as const;

/** Steps of the pipeline and its inverse, one of which is carried out alone. */
export const PipelineStep = {
  /** The digest of the input, 32 bytes. */
  Digest: 0,
  /** One compressed frame. */
  Compress: 1,
  /** The contents of such a frame, which have to fill the output. */
  Decompress: 2,
  /** The input encrypted, with a random IV that is thrown away. */
  Encrypt: 3,
} as const;

/** Kinds of commands; each starts at a multiple of 8. */
export const StreamCommand = {
  /** Bytes follow, filled up to a multiple of 8. */
  Inline: 1,
  Splice: 2,
  /** Payload streams only. */
  Suggest: 3,
  /** Payload streams only. */
  Inject: 4,
} as const;

/** Sizes of a splice that are none. */
export const SpliceSize = {
  /** To the end of the file. */
  ToEnd: 18446744073709551615n,
} as const;

/** Start of a command. Byte of each field. */
export const StreamCommandHeadByte = {
  /** One of `StreamCommand`. */
  kind: 0,
  /** Length of inline bytes. */
  argument: 4,
} as const;

/** Bytes of the fixed part of that record. */
export const STREAM_COMMAND_HEAD_BYTES = 8;

/** Reads from a file. Byte of each field. */
export const SpliceCommandByte = {
  kind: 0,
  /** Handed over. */
  descriptor: 4,
  size: 8,
  /** Names the file in problems and failures. */
  tag: 16,
} as const;

/** Bytes of the fixed part of that record. */
export const SPLICE_COMMAND_BYTES = 24;

/** A place where a chunk may well end. Byte of each field. */
export const SuggestCommandByte = {
  kind: 0,
  reserved: 4,
  /** In the stream. */
  offset: 8,
} as const;

/** Bytes of the fixed part of that record. */
export const SUGGEST_COMMAND_BYTES = 16;

/** Puts known chunks into the stream; the entries follow. Byte of each field. */
export const InjectCommandByte = {
  kind: 0,
  count: 4,
  boundary: 8,
} as const;

/** Bytes of the fixed part of that record. */
export const INJECT_COMMAND_BYTES = 16;

/** A chunk that is put into the stream. Byte of each field. */
export const InjectEntryByte = {
  size: 0,
  digest: 8,
} as const;

/** Bytes of the fixed part of that record. */
export const INJECT_ENTRY_BYTES = 40;

/** Bits of a chunk's flags. */
export const ChunkFlag = {
  Known: 1,
  Injected: 2,
} as const;

/** A finished chunk. Byte of each field. */
export const ChunkRecordByte = {
  digest: 0,
  /** In the stream. */
  offset: 32,
  blobLength: 40,
  reserved: 44,
  /** Of the plain bytes. */
  size: 48,
  /** 0 if there is no blob. */
  buffer: 56,
  /** Of `ChunkFlag`. */
  flags: 60,
  /** Of the blob. */
  address: 64,
  reservedEnd: 72,
} as const;

/** Bytes of the fixed part of that record. */
export const CHUNK_RECORD_BYTES = 80;

/** Problems of a spliced file. */
export const ProblemKind = {
  /** It ended early and was filled up with zeros. */
  Shrunk: 1,
  /** It went on and was cut off. */
  Grew: 2,
  /** A stretch could not be read and was filled with zeros. */
  Unreadable: 3,
} as const;

/** A problem with a spliced file. Byte of each field. */
export const ProblemRecordByte = {
  tag: 0,
  /** One of `ProblemKind`. */
  kind: 8,
  errno: 12,
  /** Of the stretch that is unreadable. */
  offset: 16,
  length: 24,
} as const;

/** Bytes of the fixed part of that record. */
export const PROBLEM_RECORD_BYTES = 32;

/** Why a stream failed. */
export const FailureKind = {
  /** Reading a file. */
  Read: 1,
  /** A boundary that cannot be. */
  Boundary: 2,
  /** Malformed commands. */
  Input: 3,
  /** Memory. */
  Resource: 4,
} as const;

/** Why a stream failed. Byte of each field. */
export const FailureRecordByte = {
  /** Of the file, if reading failed. */
  tag: 0,
  /** One of `FailureKind`. */
  kind: 8,
  errno: 12,
  /** Byte in the file where reading failed; all ones if it has no places. */
  offset: 16,
} as const;

/** Bytes of the fixed part of that record. */
export const FAILURE_RECORD_BYTES = 24;

/** A blob to decode, and from `buffer` on the answer. Byte of each field. */
export const DecodeRequestByte = {
  digest: 0,
  /** Of the plain bytes that are expected. */
  size: 32,
  /** 1 if it has to be encrypted, 0 if it must not be. */
  encrypted: 36,
  /** Buffer of the blob, the callee's from here on. */
  blobBuffer: 40,
  blobLength: 44,
  reserved: 48,
  buffer: 56,
  capacity: 60,
  /** Of the plain bytes. */
  address: 64,
  reservedEnd: 72,
} as const;

/** Bytes of the fixed part of that record. */
export const DECODE_REQUEST_BYTES = 80;

/** Why a blob is refused. */
export const DecodeStatus = {
  TooSmall: 1,
  Magic: 2,
  Crc: 3,
  /** Encrypted or not against what was expected. */
  Mode: 4,
  MissingKey: 5,
  /** Authentication failed. */
  Tag: 6,
  Zstd: 7,
  Size: 8,
  Digest: 9,
} as const;
