/*
 * What the shared object tells of itself, and what holds for all its functions.
 *
 * Results: 0 or a positive number, or a negative error number; -EFAULT for memory that is missing.
 *
 * Handles: whatever lives longer than a call (a walk, an extractor, an engine, a stream, a decoder, a
 * buffer) has a positive number, and all of them share one sequence. A number that was never given,
 * that belongs to something closed or to something of another kind gives -EBADF. Closing while other
 * calls are under way takes nothing from under them. Numbers are given again only after two thousand
 * million others.
 *
 * Memory: passed in is used during the call only, where nothing else is said; it need not be aligned.
 * Integers in records are little endian. Paths are bytes with a length, without NUL.
 *
 * Functions marked "long" may wait and are called on a thread of their own; the others return at once.
 *
 * Panics: nothing unwinds into the caller. An internal error that is no error number ends the process
 * with a message, on whatever thread it happens: no handle is ever seen half changed.
 */
#ifndef PBS_CORE_H
#define PBS_CORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* PBS_ABI_VERSION of pbs_layout.h. */
uint32_t pbs_abi_version(void);

/*
 * Writes the tables of all records and values as text, as much of it as there is room for. Returns the
 * length of the whole text.
 */
int64_t pbs_layout(uint8_t *out, size_t capacity);

/* The same for the types of all functions. */
int64_t pbs_functions(uint8_t *out, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
