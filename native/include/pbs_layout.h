/*
 * Written by scripts/write_native_layout.ts from the `layout` modules of the native
 * crates, where each record and value is declared once.
 */
#ifndef PBS_LAYOUT_H
#define PBS_LAYOUT_H

#include <stdint.h>

/* The C ABI. */
#define PBS_ABI_VERSION 8u /* The TypeScript bindings refuse a shared object with another number. */

/* Metadata to read of an entry, as bits; chosen per file system. */
#define PBS_CAPTURE_FEATURE_XATTRS 1u /* `user.*`, `trusted.*`, `security.NTACL`. */
#define PBS_CAPTURE_FEATURE_ACL 2u /* `system.posix_acl_access`, `system.posix_acl_default`. */
#define PBS_CAPTURE_FEATURE_FCAPS 4u /* `security.capability`. */
#define PBS_CAPTURE_FEATURE_PROJECT_ID 8u /* Of `FS_IOC_FSGETXATTR`. */
#define PBS_CAPTURE_FEATURE_FAT_ATTRIBUTES 16u /* Of `FAT_IOCTL_GET_ATTRIBUTES`. */

/* State of a walk. */
#define PBS_CAPTURE_STATE_RUNNING 0u /* Call again. */
#define PBS_CAPTURE_STATE_PAUSED 1u /* The last record asks for a decision. */
#define PBS_CAPTURE_STATE_COMPLETE 2u

/* Status that a call reports beside its records. */
struct pbs_capture_status {
  uint32_t state; /* One of `CaptureState`. */
  uint32_t open_files; /* Descriptors in the records of this call, the caller's to close. */
  uint64_t needed; /* Smallest buffer that holds the next record; 0 if none is waiting. */
};

/* Kinds of records. */
#define PBS_CAPTURE_KIND_ENTRY 1u
#define PBS_CAPTURE_KIND_BEGIN 2u /* The contents of the directory delivered last follow. */
#define PBS_CAPTURE_KIND_END 3u /* The innermost directory ends. */
#define PBS_CAPTURE_KIND_FAILED 4u /* A call failed; the name is empty for the innermost directory itself. */
#define PBS_CAPTURE_KIND_EXCLUDE_FILE 5u /* The content of an exclude file. The walk pauses after it and the marks. */
#define PBS_CAPTURE_KIND_MARK 6u /* A name that is watched, and its content. The walk pauses after all of them. */

/* Bits of an entry's flags. */
#define PBS_CAPTURE_FLAG_ROOT 1u /* The entry is the root; it has no name. */
#define PBS_CAPTURE_FLAG_XATTRS_TOO_LARGE 2u /* Extended attributes were left out because the kernel said E2BIG. */
#define PBS_CAPTURE_FLAG_MOUNT_POINT 4u /* The directory is on another file system than its parent. The walk pauses after it. */
#define PBS_CAPTURE_FLAG_HAS_SELINUX_LABEL 256u /* Has an extended attribute that no archive holds: the label of SELinux. */
#define PBS_CAPTURE_FLAG_HAS_NFS4_ACL 512u /* The same: an access control list of NFS 4. */
#define PBS_CAPTURE_FLAG_HAS_OTHER_SECURITY 1024u /* The same: another one of `security.*`. */
#define PBS_CAPTURE_FLAG_HAS_OTHER_XATTRS 2048u /* The same: any other one. */

/* The call that failed. */
#define PBS_CAPTURE_STEP_STAT 1u
#define PBS_CAPTURE_STEP_OPEN 2u
#define PBS_CAPTURE_STEP_METADATA 3u
#define PBS_CAPTURE_STEP_READ_LINK 4u
#define PBS_CAPTURE_STEP_FILE_SYSTEM 5u
#define PBS_CAPTURE_STEP_READ_DIRECTORY 6u
#define PBS_CAPTURE_STEP_OPEN_EXCLUDE_FILE 7u
#define PBS_CAPTURE_STEP_READ_EXCLUDE_FILE 8u
#define PBS_CAPTURE_STEP_RETURN 9u /* Opening a directory again in which not all entries were read yet. */

/* An entry; name, symlink target and extended attributes follow. */
struct pbs_capture_entry {
  uint32_t length; /* Of the whole record in bytes, a multiple of 8. */
  uint32_t kind;
  uint32_t flags; /* Of `CaptureFlag`. */
  uint32_t reserved[2];
  int32_t descriptor; /* Open for reading if the entry is a file that is not empty, else -1. */
  uint32_t mode;
  uint32_t uid;
  uint32_t gid;
  uint32_t mtime_nanos;
  int64_t mtime_secs;
  uint64_t size;
  uint64_t inode;
  uint64_t device;
  uint32_t links;
  uint32_t rdev_major;
  uint32_t rdev_minor;
  uint32_t fs_flags; /* Of `FS_IOC_GETFLAGS`. */
  uint32_t fat_attributes;
  uint32_t project_id;
  uint32_t name_length;
  uint32_t target_length;
  uint32_t xattr_count;
  uint32_t file_system; /* `f_type` of a mount point. */
};

/* An extended attribute of an entry; name and value follow, without padding. */
struct pbs_capture_xattr {
  uint32_t name_length;
  uint32_t value_length;
};

/* The contents of the directory delivered last begin. */
struct pbs_capture_begin {
  uint32_t length;
  uint32_t kind;
  uint32_t reserved;
  uint32_t count; /* How many names were listed. */
};

/* The innermost directory ends. */
struct pbs_capture_end {
  uint32_t length;
  uint32_t kind;
};

/* A call that failed, or an exclude file; name or content follow. */
struct pbs_capture_failure {
  uint32_t length;
  uint32_t kind;
  uint32_t reserved;
  uint32_t step; /* One of `CaptureStep`; 0 for an exclude file that was read. */
  uint32_t errno;
  uint32_t text_length;
};

/* Kinds of what is told of a name that is watched. */
#define PBS_MARK_KIND_NAME 0u /* That it is there, whatever it is. */
#define PBS_MARK_KIND_HEAD 1u /* The first bytes of a regular file. */
#define PBS_MARK_KIND_CONTENT 2u /* All of a regular file. */

/* A name that is watched is there; content follows. */
struct pbs_capture_mark {
  uint32_t length;
  uint32_t kind;
  uint32_t index; /* Which one of those that are watched. */
  uint32_t step; /* One of `CaptureStep`; 0 if it could be read. */
  uint32_t errno; /* EINVAL for what is no regular file. */
  uint32_t text_length;
};

/* Bits of a match entry's flags. */
#define PBS_MATCH_FLAG_INCLUDE 1u
#define PBS_MATCH_FLAG_ANCHORED 2u
#define PBS_MATCH_FLAG_DIRECTORIES_ONLY 4u

/* Kinds of components a glob pattern consists of. */
#define PBS_GLOB_KIND_LITERAL 0u /* These bytes. */
#define PBS_GLOB_KIND_ANY_BYTE 1u /* `?` */
#define PBS_GLOB_KIND_STAR 2u /* `*` */
#define PBS_GLOB_KIND_STAR_STAR 3u /* `**` between slashes; what follows, if anything, is a literal that begins with a slash. */
#define PBS_GLOB_KIND_CLASS 4u /* `[...]`: 32 bytes, a bit per member. */

/* Bits of the options' flags. */
#define PBS_EXTRACT_FLAG_ALLOW_EXISTING_DIRS 1u
#define PBS_EXTRACT_FLAG_OVERWRITE_FILES 2u
#define PBS_EXTRACT_FLAG_OVERWRITE_SYMLINKS 4u
#define PBS_EXTRACT_FLAG_OVERWRITE_HARDLINKS 8u
#define PBS_EXTRACT_FLAG_IGNORE_OWNERSHIP 16u
#define PBS_EXTRACT_FLAG_IGNORE_PERMISSIONS 32u
#define PBS_EXTRACT_FLAG_IGNORE_DEVICE_ERRORS 64u
#define PBS_EXTRACT_FLAG_STOP_AT_FIRST_ERROR 128u
#define PBS_EXTRACT_FLAG_OVERWRITE_OTHERS 256u /* Directories, devices, named pipes and sockets replace what is in their place, but no directory. */
#define PBS_EXTRACT_FLAG_REPLACE 512u /* Replaces, where that is allowed, at once, by renaming; flags that forbid it are taken away, and directories that exist get exactly the metadata of the archive. */

/* How entries are restored. */
struct pbs_extract_options {
  uint32_t flags; /* Of `ExtractFlag`. */
  uint32_t threads; /* Worker threads; 0 for one per processor. */
  uint32_t linux_flags_mask; /* Attribute flags that may be changed. */
  uint32_t initial_flags_mask; /* Those of them that are set before the data is written. */
};

/* Operations of commands. */
#define PBS_EXTRACT_OP_ROOT 1u /* Metadata of the root. */
#define PBS_EXTRACT_OP_ENTER 2u
#define PBS_EXTRACT_OP_LEAVE 3u /* Leaves a directory (bare). */
#define PBS_EXTRACT_OP_FILE 4u /* A complete file. */
#define PBS_EXTRACT_OP_FILE_BEGIN 5u
#define PBS_EXTRACT_OP_FILE_PIECES 6u
#define PBS_EXTRACT_OP_FILE_END 7u /* Ends the file that has begun (bare). */
#define PBS_EXTRACT_OP_SYMLINK 8u
#define PBS_EXTRACT_OP_HARDLINK 9u
#define PBS_EXTRACT_OP_NODE 10u /* A device, named pipe or socket, as the mode says. */
#define PBS_EXTRACT_OP_FILE_DROP 11u /* Gives up the file that has begun: it is unlinked (bare). */
#define PBS_EXTRACT_OP_REMOVE 12u /* Removes what is at a path below the directory, which is the target: a directory, if the mode says so, only if it is empty. */
#define PBS_EXTRACT_OP_MEND 13u /* Metadata of an entry that exists; no directory. */

/* A command without more, and the start of every other one. */
struct pbs_extract_bare {
  uint32_t length; /* Of the whole command in bytes, a multiple of 8. */
  uint32_t op; /* One of `ExtractOp`, and the length of the name shifted by 16 bits. */
};

/* A command with metadata. Name, NUL and padding to 4 follow; extras; pieces, or link target, NUL and padding to 4. */
struct pbs_extract_entry {
  uint32_t length;
  uint32_t op;
  uint32_t mode;
  uint32_t uid;
  uint32_t gid;
  uint32_t mtime_nanos;
  int64_t mtime_secs;
  uint32_t number[2]; /* Size of a file (low, high), or major and minor number of a device. */
  uint32_t extras_length;
  uint32_t count; /* Number of pieces of a file, or length of the target of a link. */
};

/* More pieces of the file that has begun; they follow. */
struct pbs_extract_pieces {
  uint32_t length;
  uint32_t op;
  uint32_t count;
  uint32_t reserved;
};

/* Place of bytes of a file. */
struct pbs_extract_piece {
  uint32_t chunk; /* Number of a chunk, or one of `PieceChunk`. */
  uint32_t offset;
  uint32_t length;
};

/* Numbers of chunks that are none. */
#define PBS_PIECE_CHUNK_INLINE 4294967295u /* The bytes follow, padded to 4. */

/* Contents of an extra. An extra starts with this number and its length shifted by 8 bits, in 32 bits; the bytes follow, padded to 4. */
#define PBS_EXTRACT_TAG_XATTR 1u /* Name, NUL, value. */
#define PBS_EXTRACT_TAG_FCAPS 2u /* Value of the attribute. */
#define PBS_EXTRACT_TAG_ACL_ACCESS 3u /* Value of the attribute. */
#define PBS_EXTRACT_TAG_ACL_DEFAULT 4u /* Value of the attribute. */
#define PBS_EXTRACT_TAG_PROJECT_ID 5u /* 32 bits. */
#define PBS_EXTRACT_TAG_FLAGS 6u /* 32 bits of `FS_IOC_SETFLAGS`, 32 bits of `FAT_IOCTL_SET_ATTRIBUTES`. */
#define PBS_EXTRACT_TAG_REMOVE_XATTR 7u /* Name of an attribute that an entry that exists must not have. */

/* The step that failed, or what is worth knowing. */
#define PBS_EXTRACT_STEP_CREATE 0u
#define PBS_EXTRACT_STEP_OPEN 1u
#define PBS_EXTRACT_STEP_WRITE 2u
#define PBS_EXTRACT_STEP_INITIAL_FLAGS 3u
#define PBS_EXTRACT_STEP_OWNERSHIP 4u
#define PBS_EXTRACT_STEP_XATTRS 5u
#define PBS_EXTRACT_STEP_FCAPS 6u
#define PBS_EXTRACT_STEP_ACL 7u
#define PBS_EXTRACT_STEP_PROJECT_ID 8u
#define PBS_EXTRACT_STEP_PERMISSIONS 9u
#define PBS_EXTRACT_STEP_TIME 10u
#define PBS_EXTRACT_STEP_FLAGS 11u
#define PBS_EXTRACT_STEP_FAT_ATTRIBUTES 12u
#define PBS_EXTRACT_STEP_LINK_TARGET 13u
#define PBS_EXTRACT_STEP_SKIPPED_XATTR 14u /* No error: an extended attribute that is not restored. */
#define PBS_EXTRACT_STEP_REMOVE 15u /* The file is not complete and could not be unlinked. */
#define PBS_EXTRACT_STEP_DROPPED_PRIVILEGES 16u /* No error: set-id bits or file capabilities of an owner that the entry has not got. */
#define PBS_EXTRACT_STEP_NO_XATTRS 17u /* No error: the file system has no extended attributes. The first one is reported. */
#define PBS_EXTRACT_STEP_NO_FLAGS 18u /* No error: the file system has no attribute flags, or not these. The first one is reported. */
#define PBS_EXTRACT_STEP_SKIPPED_DEVICE 19u /* No error: a device whose failure is to be ignored. The first one is reported. */
#define PBS_EXTRACT_STEP_CREATE_DEVICE 20u
#define PBS_EXTRACT_STEP_DELETE 21u /* Removal of an entry that the archive does not have. */

/* Start of a report. The tokens, 32 bits each, and the errors follow. */
struct pbs_extract_report {
  uint32_t tokens;
  uint32_t errors;
  uint32_t lost; /* Errors there was no room for. */
  uint32_t under_way; /* Jobs that are not finished. */
};

/* An error; the path below the root follows, padded to 4. */
struct pbs_extract_error {
  uint32_t errno;
  uint8_t step; /* One of `ExtractStep`. */
  uint8_t reserved;
  uint16_t path_length;
};

/* Counters of what was made. */
struct pbs_extract_counters {
  uint64_t files;
  uint64_t directories;
  uint64_t symlinks;
  uint64_t hardlinks;
  uint64_t nodes;
  uint64_t bytes;
  uint64_t errors;
  uint64_t without_xattrs; /* Entries whose extended attributes the file system does not have. */
  uint64_t without_flags; /* Entries whose attribute flags the file system does not have. */
  uint64_t skipped_devices;
};

/* Bits of the settings' flags. */
#define PBS_PIPELINE_FLAG_COMPRESS 1u
#define PBS_PIPELINE_FLAG_ENCRYPT 2u

/* Settings of a pipeline or a decoder. */
struct pbs_pipeline_settings {
  uint64_t budget_bytes; /* Memory budget; for a decoder only how much free memory is kept. */
  uint32_t workers; /* Threads; 0 for one per processor. */
  uint32_t flags; /* Of `PipelineFlag`. */
  uint8_t encryption_key[32];
  uint8_t id_key[32];
};

/* Counters of a pipeline. */
struct pbs_pipeline_counters {
  uint64_t read_nanos;
  uint64_t cut_nanos;
  uint64_t hash_nanos;
  uint64_t compress_nanos;
  uint64_t seal_nanos;
  uint64_t wait_nanos; /* Waiting for memory. */
  uint64_t hashed_bytes;
  uint64_t encoded_bytes;
  uint64_t blob_bytes;
  uint64_t buffer_bytes; /* Of buffers now. */
  uint64_t peak_buffer_bytes; /* Of buffers at most. */
  uint64_t together_bytes; /* Read and searched by several threads. */
};

/* Vector instructions in use: of the search for cuts, and of hashing chunks side by side. */
#define PBS_VECTOR_PATH_CUT_AVX2 1u
#define PBS_VECTOR_PATH_CUT_AVX512 2u
#define PBS_VECTOR_PATH_HASH_SHA 4u
#define PBS_VECTOR_PATH_HASH_AVX512 8u

/* Kinds of streams. */
#define PBS_STREAM_KIND_DYNAMIC 0u /* With an average size of chunks. */
#define PBS_STREAM_KIND_FIXED 1u /* With a size of chunks. */
#define PBS_STREAM_KIND_PAYLOAD 2u /* With an average size of chunks, and boundaries from outside. */

/* Steps of the pipeline and its inverse, one of which is carried out alone. */
#define PBS_PIPELINE_STEP_DIGEST 0u /* The digest of the input, 32 bytes. */
#define PBS_PIPELINE_STEP_COMPRESS 1u /* One compressed frame. */
#define PBS_PIPELINE_STEP_DECOMPRESS 2u /* The contents of such a frame, which have to fill the output. */
#define PBS_PIPELINE_STEP_ENCRYPT 3u /* The input encrypted, with a random IV that is thrown away. */

/* Kinds of commands; each starts at a multiple of 8. */
#define PBS_STREAM_COMMAND_INLINE 1u /* Bytes follow, filled up to a multiple of 8. */
#define PBS_STREAM_COMMAND_SPLICE 2u
#define PBS_STREAM_COMMAND_SUGGEST 3u /* Payload streams only. */
#define PBS_STREAM_COMMAND_INJECT 4u /* Payload streams only. */

/* Sizes of a splice that are none. */
#define PBS_SPLICE_SIZE_TO_END UINT64_C(18446744073709551615) /* To the end of the file. */

/* Start of a command. */
struct pbs_stream_command_head {
  uint32_t kind; /* One of `StreamCommand`. */
  uint32_t argument; /* Length of inline bytes. */
};

/* Reads from a file. */
struct pbs_splice_command {
  uint32_t kind;
  int32_t descriptor; /* Handed over. */
  uint64_t size;
  uint64_t tag; /* Names the file in problems and failures. */
};

/* A place where a chunk may well end. */
struct pbs_suggest_command {
  uint32_t kind;
  uint32_t reserved;
  uint64_t offset; /* In the stream. */
};

/* Puts known chunks into the stream; the entries follow. */
struct pbs_inject_command {
  uint32_t kind;
  uint32_t count;
  uint64_t boundary;
};

/* A chunk that is put into the stream. */
struct pbs_inject_entry {
  uint64_t size;
  uint8_t digest[32];
};

/* Bits of a chunk's flags. */
#define PBS_CHUNK_FLAG_KNOWN 1u
#define PBS_CHUNK_FLAG_INJECTED 2u

/* A finished chunk. */
struct pbs_chunk_record {
  uint8_t digest[32];
  uint64_t offset; /* In the stream. */
  uint32_t blob_length;
  uint32_t reserved;
  uint64_t size; /* Of the plain bytes. */
  uint32_t buffer; /* 0 if there is no blob. */
  uint32_t flags; /* Of `ChunkFlag`. */
  uint64_t address; /* Of the blob. */
  uint64_t reserved_end;
};

/* Problems of a spliced file. */
#define PBS_PROBLEM_KIND_SHRUNK 1u /* It ended early and was filled up with zeros. */
#define PBS_PROBLEM_KIND_GREW 2u /* It went on and was cut off. */
#define PBS_PROBLEM_KIND_UNREADABLE 3u /* A stretch could not be read and was filled with zeros. */

/* A problem with a spliced file. */
struct pbs_problem_record {
  uint64_t tag;
  uint32_t kind; /* One of `ProblemKind`. */
  int32_t errno;
  uint64_t offset; /* Of the stretch that is unreadable. */
  uint64_t length;
};

/* Why a stream failed. */
#define PBS_FAILURE_KIND_READ 1u /* Reading a file. */
#define PBS_FAILURE_KIND_BOUNDARY 2u /* A boundary that cannot be. */
#define PBS_FAILURE_KIND_INPUT 3u /* Malformed commands. */
#define PBS_FAILURE_KIND_RESOURCE 4u /* Memory. */

/* Why a stream failed. */
struct pbs_failure_record {
  uint64_t tag; /* Of the file, if reading failed. */
  uint32_t kind; /* One of `FailureKind`. */
  int32_t errno;
  uint64_t offset; /* Byte in the file where reading failed; all ones if it has no places. */
};

/* A blob to decode, and from `buffer` on the answer. */
struct pbs_decode_request {
  uint8_t digest[32];
  uint32_t size; /* Of the plain bytes that are expected. */
  uint32_t encrypted; /* 1 if it has to be encrypted, 0 if it must not be. */
  uint32_t blob_buffer; /* Buffer of the blob, the callee's from here on. */
  uint32_t blob_length;
  uint64_t reserved;
  uint32_t buffer;
  uint32_t capacity;
  uint64_t address; /* Of the plain bytes. */
  uint64_t reserved_end;
};

/* Why a blob is refused. */
#define PBS_DECODE_STATUS_TOO_SMALL 1
#define PBS_DECODE_STATUS_MAGIC 2
#define PBS_DECODE_STATUS_CRC 3
#define PBS_DECODE_STATUS_MODE 4 /* Encrypted or not against what was expected. */
#define PBS_DECODE_STATUS_MISSING_KEY 5
#define PBS_DECODE_STATUS_TAG 6 /* Authentication failed. */
#define PBS_DECODE_STATUS_ZSTD 7
#define PBS_DECODE_STATUS_SIZE 8
#define PBS_DECODE_STATUS_DIGEST 9

#endif
