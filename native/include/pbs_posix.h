/* System calls that the runtime lacks. What holds for all functions is in pbs_core.h. */
#ifndef PBS_POSIX_H
#define PBS_POSIX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Paths are relative to a directory descriptor or to the working directory (-100); one with NUL inside
 * gives -EINVAL. Calls are repeated when a signal interrupts them. */

/* O_CLOEXEC and O_NOCTTY are added to the flags. */
int32_t pbs_open(int32_t directory, const uint8_t *path, uint32_t path_len, int32_t flags, uint32_t mode);
/* As if `root` were the root: no symbolic link and no .. leads out of it, nor does anything lead to another
 * mount. -ENOSYS before Linux 5.6. */
int32_t pbs_open_in_root(int32_t root, const uint8_t *path, uint32_t path_len, int32_t flags);
/* Symbolic links are not followed; an empty path stands for the descriptor itself. */
int32_t pbs_stat(int32_t directory, const uint8_t *path, uint32_t path_len, uint8_t statx_out[256]);
int32_t pbs_rename(int32_t directory, const uint8_t *from, uint32_t from_len, const uint8_t *to, uint32_t to_len);
/* -EEXIST if there is something already. */
int32_t pbs_rename_new(int32_t directory, const uint8_t *from, uint32_t from_len, const uint8_t *to, uint32_t to_len);
int32_t pbs_remove(int32_t directory, const uint8_t *path, uint32_t path_len, int32_t flags);
int32_t pbs_make_folder(int32_t directory, const uint8_t *path, uint32_t path_len, uint32_t mode);
/* `first` to `first + count - 1` as four hexadecimal digits; ids of UINT32_MAX are the process's own. */
int32_t pbs_make_numbered_folders(int32_t directory, uint32_t first, uint32_t count, uint32_t mode,
                                  uint32_t exact, uint32_t uid, uint32_t gid);
int32_t pbs_change_path_owner(int32_t directory, const uint8_t *path, uint32_t path_len, uint32_t uid, uint32_t gid);
int32_t pbs_change_path_mode(int32_t directory, const uint8_t *path, uint32_t path_len, uint32_t mode);
/* Seconds and nanoseconds of the access time, then of the modification time. */
int32_t pbs_set_times(int32_t directory, const uint8_t *path, uint32_t path_len, const int64_t times[4]);
/* Sets the access time to now and leaves the modification time. */
int32_t pbs_touch(int32_t directory, const uint8_t *path, uint32_t path_len);
/* Total, free and available bytes. */
int32_t pbs_file_system_space(const uint8_t *path, uint32_t path_len, uint64_t out[3]);

/* An error says that what was written may be lost; the descriptor is closed in any case. */
int32_t pbs_close(int32_t fd);
/* Reads until the memory is full or the file ends; returns the number of bytes. */
int64_t pbs_read_at(int32_t fd, uint8_t *out, size_t len, int64_t offset);
/* The same at the descriptor's own position; waits where a descriptor does not. */
int64_t pbs_read_next(int32_t fd, uint8_t *out, size_t len);
/* Writes everything; some of it may have been written when it fails. */
int32_t pbs_write_at(int32_t fd, const uint8_t *bytes, size_t len, int64_t offset);
/* The next entries of a directory as `struct linux_dirent64`; returns the number of bytes, 0 at its end. */
int64_t pbs_read_folder(int32_t fd, uint8_t *out, size_t len);
int32_t pbs_truncate(int32_t fd, int64_t size);
int32_t pbs_change_mode(int32_t fd, uint32_t mode);
int32_t pbs_change_owner(int32_t fd, uint32_t uid, uint32_t gid);
int32_t pbs_sync_file(int32_t fd);
int32_t pbs_sync_file_system(int32_t fd);

/* Neither waits. */
int32_t pbs_lock_file(int32_t fd, int32_t operation);
int32_t pbs_lock_record(int32_t fd, int32_t kind);

/* The number of a device that nobody used a moment ago, made if there was none; `control` is
 * /dev/loop-control. */
int32_t pbs_find_free_loop(int32_t control);
/* LO_FLAGS_*; the file is read before this returns. -EBUSY if the device shows one already. */
int32_t pbs_attach_loop(int32_t device, int32_t file, uint32_t flags);
/* While others have the device open, when the last of them closes it. */
int32_t pbs_detach_loop(int32_t device);
/* Source, target, file system and options, each with NUL at its end, and MS_* flags. Nothing is repeated
 * here. */
int32_t pbs_mount(const uint8_t *texts, size_t texts_len, uint32_t flags);

/* Puts pieces of files into the page cache of a FUSE mount: for each, node, offset in the file, start in
 * `data` and length. Returns how many were taken; those of files that the kernel has forgotten are not. */
int32_t pbs_store_pages(int32_t fuse, const uint8_t *data, size_t len, const uint8_t *pieces, uint32_t count);

uint32_t pbs_effective_uid(void);
uint32_t pbs_effective_gid(void);
/* Returns the mask before. */
uint32_t pbs_umask(uint32_t mask);
/* Starts a session, and lets the standard streams lead nowhere. -EPERM, and no change, for a process that
 * leads a process group. */
int32_t pbs_leave_terminal(void);
/* RLIMIT_NOFILE, as it is now. */
int64_t pbs_open_files_max(void);

#ifdef __cplusplus
}
#endif

#endif
