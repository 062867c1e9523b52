/*
 * The chunk pipeline and its inverse.
 *
 * Every function returns 0 or a positive number, or a negative errno. Things are named by positive
 * numbers; a number of something closed gives -EBADF or -ECANCELED, never something else. All
 * integers in records are little endian. Functions marked "long" may wait and run on a thread of
 * their own; the others return at once. Memory passed in is used during the call only.
 */
#ifndef PBS_PIPELINE_H
#define PBS_PIPELINE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Starts an engine with its worker threads.
 *
 * settings, 80 bytes: 0 u64 memory budget in bytes, 8 u32 number of workers (0: one per processor),
 * 12 u32 flags (1 compress, 2 encrypt), 16 encryption key, 48 id key (32 bytes each).
 */
int32_t pbs_pipeline_create(const uint8_t *settings);

/* Makes count digests of 32 bytes known. */
int32_t pbs_pipeline_add_known(uint32_t engine, const uint8_t *digests, size_t count);

/*
 * Copies up to count counters: nanoseconds of reading, cutting, hashing, compressing, sealing,
 * waiting for memory; bytes hashed, encoded, of blobs made, of buffers now, of buffers at most.
 */
int32_t pbs_pipeline_statistics(uint32_t engine, uint64_t *values, uint32_t count);

/* Aborts all streams and ends the threads, without waiting. Blobs that are held stay valid. */
int32_t pbs_pipeline_destroy(uint32_t engine);

/* kind 0 dynamic and 2 payload with an average size, 1 fixed with a chunk size, in bytes. */
int32_t pbs_stream_open(uint32_t engine, uint32_t kind, uint32_t size);

/*
 * Long. Adds to a stream: reads and cuts; waits while the memory budget is used up.
 *
 * commands: records that start at multiples of 8, each with u32 kind and u32 argument first.
 *   1 inline:  argument = length; the bytes follow, filled up to a multiple of 8
 *   2 splice:  argument = descriptor, handed over; 8 u64 size (all ones: to the end), 16 u64 tag
 *   3 suggest: 8 u64 stream offset (payload streams only)
 *   4 inject:  argument = count; 8 u64 boundary; entries of u64 size and digest (payload streams)
 * Descriptors are closed in any case. Returns how many problems wait to be fetched.
 *
 * turn: 0 for a stream's first write, then one more each time. Calls may be made before earlier ones
 * have returned; each waits for its turn.
 */
int32_t pbs_stream_write(uint32_t stream, const uint8_t *commands, size_t length, uint32_t turn);

/* Closes the descriptors in a command buffer that is not going to be written. */
int32_t pbs_stream_discard(const uint8_t *commands, size_t length);

/* Long. Ends a stream: what is left becomes the last chunk. To be called when no write is pending. */
int32_t pbs_stream_end(uint32_t stream);

/*
 * Long. Takes up to limit finished chunks, in stream order; 0 after the last one.
 *
 * records, 80 bytes each: 0 digest, 32 u64 offset, 40 u32 blob length, 48 u64 plain size, 56 u32
 * buffer (0 if there is no blob), 60 u32 flags (1 known, 2 injected), 64 u64 address of the blob.
 * The blob is the caller's until pbs_buffer_release.
 */
int32_t pbs_stream_next(uint32_t stream, uint8_t *records, uint32_t limit);

/*
 * To be called for each blob of pbs_stream_next before it is used. 1: no other chunk with this
 * digest had its blob used. 0: one had, so this chunk is known by now; the buffer is released.
 */
int32_t pbs_chunk_settle(uint32_t buffer);

/*
 * Takes up to limit problems. records, 32 bytes each: 0 u64 tag, 8 u32 kind (1 the file ended early
 * and was filled up with zeros, 2 it went on and was cut off, 3 a stretch could not be read and was
 * filled with zeros), 12 i32 errno, 16 u64 offset and 24 u64 length of the stretch, for kind 3.
 */
int32_t pbs_stream_problems(uint32_t stream, uint8_t *records, uint32_t limit);

/*
 * Why a stream failed, 16 bytes: 0 u64 tag, 8 u32 kind (1 reading a file, 2 a boundary that cannot
 * be, 3 malformed commands, 4 memory), 12 i32 errno. -ENODATA if it did not fail.
 */
int32_t pbs_stream_failure(uint32_t stream, uint8_t *record);

/* Makes pending and later calls for the stream fail with -ECANCELED. */
int32_t pbs_stream_abort(uint32_t stream);

/* Forgets a stream. Calls that are pending finish. */
int32_t pbs_stream_close(uint32_t stream);

/* Gives a buffer of pbs_stream_next, pbs_decoder_buffer or pbs_decoder_decode back. */
int32_t pbs_buffer_release(uint32_t buffer);

/* Settings as in pbs_pipeline_create; the budget only says how much free memory is kept. */
int32_t pbs_decoder_create(const uint8_t *settings);

int32_t pbs_decoder_destroy(uint32_t decoder);

/* Memory for a blob of length bytes; its address is stored as u64. Returns the buffer. */
int32_t pbs_decoder_buffer(uint32_t decoder, uint32_t length, uint8_t *address);

/*
 * Long. Verifies and decodes a blob.
 *
 * request, 80 bytes: 0 expected digest, 32 u32 expected plain size, 36 u32 whether it has to be
 * encrypted, 40 u32 buffer of the blob (the callee's from here on), 44 u32 length of the blob; and
 * the answer: 56 u32 buffer, 60 u32 its capacity, 64 u64 address of the plain bytes.
 *
 * Positive results are refusals: 1 too short, 2 magic, 3 CRC, 4 encrypted or not against what was
 * expected, 5 no key, 6 authentication, 7 compressed data, 8 plain size, 9 digest.
 */
int32_t pbs_decoder_decode(uint32_t decoder, uint8_t *request);

#endif
