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

typedef struct pbs_capture pbs_capture;

/* What to read of an entry, per file system. */
#define PBS_CAPTURE_XATTRS 1u          /* user.*, trusted.*, security.NTACL */
#define PBS_CAPTURE_ACL 2u             /* system.posix_acl_access, system.posix_acl_default */
#define PBS_CAPTURE_FCAPS 4u           /* security.capability */
#define PBS_CAPTURE_PROJECT_ID 8u      /* FS_IOC_FSGETXATTR */
#define PBS_CAPTURE_FAT_ATTRIBUTES 16u /* FAT_IOCTL_GET_ATTRIBUTES */

struct pbs_capture_status {
    uint32_t state;      /* 0: call again, 1: paused, 2: complete */
    uint32_t open_files; /* descriptors in the records of this call */
    uint64_t needed;     /* smallest buffer that holds the next record, 0 if none is waiting */
};

/* Opens the directory to begin with; flags bit 0: follow a symbolic link. Returns a descriptor. */
int32_t pbs_capture_open_root(const char *path, uint32_t flags);

/* f_type (32 unsigned bits) of the file system behind a descriptor. */
int64_t pbs_capture_file_system(int32_t fd);

/* Begins a walk and takes root_fd over. */
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
 * limited to its directory). Entry: u32 flags (1 include, 2 anchored, 4 directories only), u32 number
 * of components; component: u32 kind (0 literal, 1 any byte, 2 star, 3 double star, 4 class), u32
 * length, bytes (class: 32 bytes, bit per member).
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
 * Records: 32-bit little-endian words, then bytes; padded to 8. Word 0 is the length of all in bytes,
 * word 1 the kind.
 *
 * 1 entry         2 flags (1 root, 2 extended attributes left out: E2BIG, 4 mount point: the walk
 *                 pauses behind this record), 5 descriptor (open for reading if the entry is a file
 *                 that is not empty, else -1), 6 mode, 7 uid, 8 gid, 9 mtime nanoseconds, 10-11 mtime
 *                 seconds (signed), 12-13 size, 14-15 inode, 16-17 device, 18 links, 19 rdev major,
 *                 20 rdev minor, 21 FS_IOC_GETFLAGS, 22 FAT attributes, 23 project id, 24 length of
 *                 name, 25 length of symlink target, 26 number of extended attributes, 27 f_type of a
 *                 mount point; name, target, attributes (u32 length of name, u32 length of value,
 *                 name, value)
 * 2 begin         3 number of names; the contents of the directory delivered last follow
 * 3 end           of the innermost directory
 * 4 failed        3 step, 4 errno, 5 length of name; name (empty: the innermost directory itself)
 * 5 exclude file  3 step, 4 errno (0: read), 5 length; content. The walk pauses behind this record.
 *
 * Steps: 1 stat, 2 open, 3 metadata, 4 readlink, 5 statfs, 6 read directory, 7 open exclude file,
 * 8 read exclude file.
 */

#endif
