/*
 * Batch reading of a directory tree. Rust crate pbs-native-capture; TypeScript side ffi/capture.ts.
 *
 * Functions return 0, a positive value or a negative errno. A walk is used by one call at a time;
 * only pbs_capture_cancel may be called while another call is running.
 */
#ifndef PBS_CAPTURE_H
#define PBS_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "pbs_layout.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pbs_capture pbs_capture;

/* Opens the directory to begin with; flags bit 0: follow a symbolic link. Returns a descriptor. */
int32_t pbs_capture_open_root(const char *path, uint32_t flags);

/* f_type (32 unsigned bits) of the file system behind a descriptor. */
int64_t pbs_capture_file_system(int32_t fd);

/* Begins a walk and takes root_fd over; features: bits of PBS_CAPTURE_FEATURE_*. */
pbs_capture *pbs_capture_new(int32_t root_fd, uint32_t features);

/*
 * Reads on; blocks. Returns the bytes written to out, or -EMSGSIZE, -ECANCELED, -EINVAL (paused).
 * out and status must be aligned to 8 and belong to the call while it runs. Descriptors in records
 * belong to the caller.
 */
int64_t pbs_capture_next(pbs_capture *capture, uint8_t *out, size_t out_len,
                         uint32_t open_files_max, struct pbs_capture_status *status);

/*
 * Appends match entries; before the first pbs_capture_next, or while paused at an exclude file (then
 * limited to its directory). Entry: u32 flags (PBS_MATCH_FLAG_*), u32 number of components;
 * component: u32 kind (PBS_GLOB_KIND_*), u32 length, bytes.
 */
int32_t pbs_capture_add_patterns(pbs_capture *capture, const uint8_t *patterns, size_t len);

/*
 * Writes for each entry of the first pbs_capture_add_patterns 1 if it has matched anything so far,
 * else 0, at most len of them. Returns how many.
 */
int32_t pbs_capture_met_patterns(pbs_capture *capture, uint8_t *out, size_t len);

/* Lets a paused walk go on; behind a mount point, enter says whether to read its contents. */
int32_t pbs_capture_resume(pbs_capture *capture, uint32_t enter, uint32_t features);

/* Makes pbs_capture_next return soon. From any thread. */
void pbs_capture_cancel(pbs_capture *capture);

/* Ends a walk. Waits for system calls under way on threads of its own. */
void pbs_capture_free(pbs_capture *capture);

/* Evaluates match entries for one path: 0 none matches, 1 include, 2 exclude. */
int32_t pbs_capture_match(const uint8_t *patterns, size_t patterns_len, const uint8_t *path,
                          size_t path_len, uint32_t is_directory);

/* Closes a descriptor that was delivered. */
int32_t pbs_capture_close(int32_t fd);

/*
 * Records follow each other; each starts with its length in bytes and its kind (PBS_CAPTURE_KIND_*),
 * ends with names or contents, and is padded to 8.
 */

#ifdef __cplusplus
}
#endif

#endif
