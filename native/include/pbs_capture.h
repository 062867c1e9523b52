/*
 * Batch reading of a directory tree. Rust crate pbs-native-capture; TypeScript side ffi/capture.ts.
 *
 * What holds for all functions is in pbs_core.h. A walk is used by one call at a time: another one
 * gets -EBUSY, except for pbs_capture_cancel and pbs_capture_destroy.
 */
#ifndef PBS_CAPTURE_H
#define PBS_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "pbs_layout.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opens the directory to begin with; flags bit 0: follow a symbolic link. Returns a descriptor. */
int32_t pbs_capture_open_root(const uint8_t *path, uint32_t path_len, uint32_t flags);

/* f_type (32 unsigned bits) of the file system behind a descriptor. */
int64_t pbs_capture_file_system(int32_t fd);

/* Begins a walk and takes root_fd over in any case; features: bits of PBS_CAPTURE_FEATURE_*. */
int32_t pbs_capture_create(int32_t root_fd, uint32_t features);

/*
 * Reads on; blocks. Returns the bytes written to out, or -EMSGSIZE, -ECANCELED, -EINVAL (paused).
 * out and status belong to the call while it runs. Descriptors in records belong to the caller, who
 * closes them with pbs_close.
 */
int64_t pbs_capture_next(uint32_t capture, uint8_t *out, size_t out_len,
                         uint32_t open_files_max, struct pbs_capture_status *status);

/*
 * Appends match entries; before the first pbs_capture_next, or while paused at an exclude file (then
 * limited to its directory). Entry: u32 flags (PBS_MATCH_FLAG_*), u32 number of components;
 * component: u32 kind (PBS_GLOB_KIND_*), u32 length, bytes.
 */
int32_t pbs_capture_add_patterns(uint32_t capture, const uint8_t *patterns, size_t len);

/*
 * Writes for each entry of the first pbs_capture_add_patterns 1 if it has matched anything so far,
 * else 0, at most len of them. Returns how many.
 */
int32_t pbs_capture_met_patterns(uint32_t capture, uint8_t *out, size_t len);

/*
 * Names to tell of in each directory that has them; before the first pbs_capture_next. Each: u32
 * PBS_MARK_KIND_*, u32 length, bytes.
 */
int32_t pbs_capture_watch(uint32_t capture, const uint8_t *names, size_t len);

/*
 * The only paths to read, with what is below them; before the first pbs_capture_next. Relative to the
 * root, a NUL behind each.
 */
int32_t pbs_capture_select(uint32_t capture, const uint8_t *paths, size_t len);

/* Writes for each selected path 1 if it was found, else 0, at most len of them. Returns how many. */
int32_t pbs_capture_selected(uint32_t capture, uint8_t *out, size_t len);

/*
 * Appends ignore rules, in the form of match entries; while paused at a mark, limited to its directory.
 * They count where no pattern matches. alone: those of directories further up end here.
 */
int32_t pbs_capture_add_ignores(uint32_t capture, const uint8_t *rules, size_t len,
                                uint32_t alone);

/* Leaves out all but these names, a NUL behind each, of the directory of a mark; while paused at it. */
int32_t pbs_capture_keep(uint32_t capture, const uint8_t *names, size_t len);

/* Lets a paused walk go on; behind a mount point, enter says whether to read its contents. */
int32_t pbs_capture_resume(uint32_t capture, uint32_t enter, uint32_t features);

/* Makes pbs_capture_next return soon. From any thread. */
int32_t pbs_capture_cancel(uint32_t capture);

/* Long. Ends a walk: waits for a call under way, and for system calls on threads of its own. */
int32_t pbs_capture_destroy(uint32_t capture);

/* Evaluates match entries for one path: 0 none matches, 1 include, 2 exclude. */
int32_t pbs_capture_match(const uint8_t *patterns, size_t patterns_len, const uint8_t *path,
                          size_t path_len, uint32_t is_directory);

/*
 * Records follow each other; each starts with its length in bytes and its kind (PBS_CAPTURE_KIND_*),
 * ends with names or contents, and is padded to 8.
 */

#ifdef __cplusplus
}
#endif

#endif
