/*
 * The chunk pipeline and its inverse.
 *
 * What holds for all functions is in pbs_core.h. A stream that has failed gives the same error to every
 * later call, one that was aborted -ECANCELED.
 */
#ifndef PBS_PIPELINE_H
#define PBS_PIPELINE_H

#include <stddef.h>
#include <stdint.h>

#include "pbs_layout.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Starts an engine with its worker threads. */
int32_t pbs_pipeline_create(const struct pbs_pipeline_settings *settings);

/* Makes count digests of 32 bytes known. */
int32_t pbs_pipeline_add_known(uint32_t engine, const uint8_t *digests, size_t count);

/* Writes the counters. */
int32_t pbs_pipeline_statistics(uint32_t engine, struct pbs_pipeline_counters *counters);

/*
 * Which vector instructions are used: PBS_VECTOR_PATH_*. Those that the processor has, unless the
 * environment variable PBS_CLIENT_VECTORS was "avx2" or "none" when the first call was made.
 */
int32_t pbs_vector_paths(void);

/* Aborts all streams and ends the threads, without waiting. Blobs that are held stay valid. */
int32_t pbs_pipeline_destroy(uint32_t engine);

/*
 * Carries out one step alone, on the caller's thread, so that its speed can be measured.
 *
 * step: PBS_PIPELINE_STEP_*. Input and output must not overlap. key: 32 bytes, for encryption only.
 * Returns how many bytes of the output were written; -ENOSPC if there is no room for them, -EBADMSG
 * if the input is no frame that fills the output.
 */
int32_t pbs_step_run(uint32_t step, const uint8_t *input, size_t length, uint8_t *output,
                          size_t capacity, const uint8_t *key);

/* kind: PBS_STREAM_KIND_*, with an average size or a chunk size in bytes. */
int32_t pbs_stream_open(uint32_t engine, uint32_t kind, uint32_t size);

/*
 * Long. Adds to a stream: reads and cuts; waits while the memory budget is used up.
 *
 * commands: records that start at multiples of 8: struct pbs_stream_command_head with the bytes behind
 * it, pbs_splice_command, pbs_suggest_command, or pbs_inject_command with entries behind it.
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
 * The blob is the caller's until pbs_buffer_release.
 */
int32_t pbs_stream_next(uint32_t stream, struct pbs_chunk_record *records, uint32_t limit);

/*
 * To be called for each blob of pbs_stream_next before it is used. 1: no other chunk with this
 * digest had its blob used. 0: one had, so this chunk is known by now; the buffer is released.
 */
int32_t pbs_chunk_settle(uint32_t buffer);

/* Takes up to limit problems. Returns how many. */
int32_t pbs_stream_problems(uint32_t stream, struct pbs_problem_record *records, uint32_t limit);

/* Why a stream failed. -ENODATA if it did not fail. */
int32_t pbs_stream_failure(uint32_t stream, struct pbs_failure_record *record);

/* Makes pending and later calls for the stream fail with -ECANCELED. */
int32_t pbs_stream_abort(uint32_t stream);

/* Forgets a stream. Calls that are pending finish. */
int32_t pbs_stream_close(uint32_t stream);

/*
 * Long. Carries out commands as those of pbs_stream_write, but writes the bytes to an open file, at its
 * position, in place of cutting them; a splice needs a size, suggestions do not count, and injections
 * are refused. Descriptors in the commands are closed in any case, output stays open. A word, aligned,
 * that another thread sets to non-zero ends it with -ECANCELED. Returns how many problems it stored;
 * -EOVERFLOW if there were more than limit.
 */
int32_t pbs_uncut_write(int32_t output, const uint8_t *commands, size_t length, uint32_t *cancelled,
                        struct pbs_problem_record *problems, uint32_t limit);

/* Gives a buffer of pbs_stream_next, or of one of the decoder's functions, back. */
int32_t pbs_buffer_release(uint32_t buffer);

/* Settings as in pbs_pipeline_create; the budget only says how much free memory is kept. */
int32_t pbs_decoder_create(const struct pbs_pipeline_settings *settings);

int32_t pbs_decoder_destroy(uint32_t decoder);

/* Memory for a blob of length bytes, and its address. Returns the buffer. */
int32_t pbs_decoder_buffer(uint32_t decoder, uint32_t length, uint64_t *address);

/*
 * Long. Verifies and decodes a blob, and writes the answer into the request. Positive results are
 * refusals, PBS_DECODE_STATUS_*.
 */
int32_t pbs_decoder_decode(uint32_t decoder, struct pbs_decode_request *request);

/*
 * Long. Verifies a blob and gives it back as it is, in the same memory and as another buffer. Of an
 * encrypted one header, CRC and length are verified, no key is needed. Results as those of
 * pbs_decoder_decode.
 */
int32_t pbs_decoder_check(uint32_t decoder, struct pbs_decode_request *request);

#ifdef __cplusplus
}
#endif

#endif
