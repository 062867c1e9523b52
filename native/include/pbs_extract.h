/*
 * Parallel creation of files, and application of their metadata (spec: pxar.md §6).
 *
 * An extractor is a root directory, a feeder (whoever calls pbs_extract_submit, one at a time) and
 * worker threads. The feeder makes directories itself and turns everything else into jobs. What holds
 * for all functions is in pbs_core.h.
 *
 * Numbers are little endian. A command starts with its length in bytes (a multiple of 8) and
 * PBS_EXTRACT_OP_* | name length << 16. Entry commands are a struct pbs_extract_entry, then name, NUL,
 * padding to 4; extras; then pieces, or link target, NUL and padding to 4.
 *
 * Extra: u32 PBS_EXTRACT_TAG_* | length << 8, bytes, padding to 4.
 */
#ifndef PBS_EXTRACT_H
#define PBS_EXTRACT_H

#include <stddef.h>
#include <stdint.h>

#include "pbs_layout.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Opens the target directory, makes it where it is missing (parents 0755, itself 0700), and starts
 * the workers. Symbolic links in the path are followed. Returns the extractor's number.
 */
int32_t pbs_extract_open(const uint8_t *path, uint32_t path_len, const struct pbs_extract_options *options);

/*
 * Takes commands over. `commands` may be reused on return; the chunks (pairs of address and length)
 * must stay as they are until `token` was reported. Waits while too many jobs are queued. Long call.
 * -EINVAL: a malformed command; -ECANCELED: stopped by an error or by pbs_extract_abort.
 */
int32_t pbs_extract_submit(uint32_t extractor, const uint8_t *commands, size_t length,
                           const uint64_t *chunks, uint32_t chunk_count, uint32_t token);

/*
 * Reports finished tokens and errors. With `wait` it waits until there is something to report or
 * nothing is under way (long call), without it returns at once. Writes a struct pbs_extract_report;
 * the tokens (u32 each); per error a struct pbs_extract_error, path, padding to 4. What does not fit
 * into `capacity` (at least 64) stays for the next call. Returns the bytes written.
 */
int32_t pbs_extract_next(uint32_t extractor, uint8_t *result, uint32_t capacity, uint32_t wait);

/*
 * Leaves what directories are still entered, the root included, and waits for all jobs. Long call.
 * -ECANCELED: stopped by an error or by pbs_extract_abort.
 */
int32_t pbs_extract_finish(uint32_t extractor);

/* Writes what was made so far. */
int32_t pbs_extract_counters(uint32_t extractor, struct pbs_extract_counters *result);

/* Jobs that have not started are dropped, files that are not complete are unlinked. */
int32_t pbs_extract_abort(uint32_t extractor);

/* Aborts, waits for a call under way, ends the workers and closes everything. Long call. */
int32_t pbs_extract_close(uint32_t extractor);

#ifdef __cplusplus
}
#endif

#endif
