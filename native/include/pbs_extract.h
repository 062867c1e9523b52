/*
 * Parallel creation of files, and application of their metadata (spec: pxar.md §6).
 *
 * An extractor is a root directory, a feeder (whoever calls pbs_extract_submit, one at a time) and
 * worker threads. The feeder makes directories itself and turns everything else into jobs. All
 * functions return 0 or a positive number, or a negative errno; they never unwind.
 *
 * Numbers are little endian. A command starts with u32 length in bytes (a multiple of 8, this word
 * included) and u32 op | name length << 16. Entry commands go on with
 *
 *   word 2 mode, 3 uid, 4 gid, 5 mtime nanoseconds, 6-7 mtime seconds (i64),
 *   word 8-9 file size (u64), or major and minor number of a device,
 *   word 10 length of the extras in bytes,
 *   word 11 number of pieces of a file, or length of the target of a link,
 *   name, NUL, padding to 4; extras; then pieces, or link target, NUL and padding to 4.
 *
 * Extra: u32 tag | length << 8, bytes, padding to 4. Tags: 1 extended attribute (name, NUL, value),
 * 2 file capabilities, 3 access ACL, 4 default ACL (values of the attributes), 5 project id (u32),
 * 6 attribute flags (u32 of FS_IOC_SETFLAGS, u32 of FAT_IOCTL_SET_ATTRIBUTES).
 * Piece: u32 chunk, u32 offset, u32 length; chunk 0xffffffff: the bytes follow, padded to 4.
 *
 * Ops: 1 metadata of the root; 2 enter directory; 3 leave directory (bare); 4 complete file;
 * 5 file begin; 6 file pieces (word 2 count, word 3 unused, pieces); 7 file end (bare);
 * 8 symlink; 9 hard link; 10 device, fifo or socket, as the mode says; 11 give up the file that has
 * begun: it is unlinked (bare).
 */
#ifndef PBS_EXTRACT_H
#define PBS_EXTRACT_H

#include <stdint.h>

typedef struct pbs_extractor pbs_extractor;

/* Bits of pbs_extract_options.flags. */
#define PBS_EXTRACT_ALLOW_EXISTING_DIRS 1u
#define PBS_EXTRACT_OVERWRITE_FILES 2u
#define PBS_EXTRACT_OVERWRITE_SYMLINKS 4u
#define PBS_EXTRACT_OVERWRITE_HARDLINKS 8u
#define PBS_EXTRACT_IGNORE_OWNERSHIP 16u
#define PBS_EXTRACT_IGNORE_PERMISSIONS 32u
#define PBS_EXTRACT_IGNORE_DEVICE_ERRORS 64u
#define PBS_EXTRACT_STOP_AT_FIRST_ERROR 128u
#define PBS_EXTRACT_OVERWRITE_OTHERS 256u /* directories, devices, named pipes, sockets */

typedef struct {
  uint32_t flags;
  uint32_t threads;            /* 0: one per processor */
  uint32_t linux_flags_mask;   /* attribute flags that may be changed */
  uint32_t initial_flags_mask; /* those of them that are set before the data is written */
} pbs_extract_options;

/*
 * Opens the target directory, makes it where it is missing (parents 0755, itself 0700), and starts
 * the workers. The path is NUL-terminated and followed through symbolic links.
 */
int pbs_extract_open(const char *path, const pbs_extract_options *options, pbs_extractor **result);

/*
 * Takes commands over. `commands` may be reused on return; the chunks (pairs of address and length)
 * must stay as they are until `token` was reported. Waits while too many jobs are queued. Long call.
 * -EINVAL: a malformed command; -ECANCELED: stopped by an error or by pbs_extract_abort.
 */
int pbs_extract_submit(pbs_extractor *extractor, const uint8_t *commands, uint64_t length,
                       const uint64_t *chunks, uint32_t chunk_count, uint32_t token);

/*
 * Reports finished tokens and errors. With `wait` it waits until there is something to report or
 * nothing is under way (long call), without it returns at once. Writes u32 tokens, u32 errors,
 * u32 lost errors, u32 jobs under way; the tokens (u32 each); per error u32 errno, u8 step, u8 zero,
 * u16 path length, path padded to 4. What does not fit into `capacity` stays for the next call.
 * Returns the bytes written.
 */
int pbs_extract_next(pbs_extractor *extractor, uint8_t *result, uint32_t capacity, uint32_t wait);

/*
 * Leaves what directories are still entered, the root included, and waits for all jobs. Long call.
 * -ECANCELED: stopped by an error or by pbs_extract_abort.
 */
int pbs_extract_finish(pbs_extractor *extractor);

/*
 * Writes files, directories, symlinks, hard links, nodes, bytes, errors; entries whose extended
 * attributes, entries whose attribute flags, and devices that were left out (u64 each).
 */
int pbs_extract_counters(pbs_extractor *extractor, uint64_t result[10]);

/* Jobs that have not started are dropped, files that are not complete are unlinked. */
int pbs_extract_abort(pbs_extractor *extractor);

/* Aborts, ends the workers and frees the extractor. No other call may be under way. Long call. */
int pbs_extract_close(pbs_extractor *extractor);

#endif
