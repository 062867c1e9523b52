//! Calls that take a path, relative to a directory or `AT_FDCWD`.
//!
//! In all of them a path points to as many readable bytes as its length says.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use crate::path::with_path;
use crate::result::{status, uninterrupted};

/// Opens a file. Returns a descriptor.
///
/// # Safety
/// See the module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_open(
    directory: i32,
    path: *const u8,
    path_len: u32,
    flags: i32,
    mode: u32,
) -> i32 {
    let flags = flags | libc::O_CLOEXEC | libc::O_NOCTTY;
    // SAFETY: see the module for the path; the C string lives through the call.
    unsafe {
        with_path(path, path_len, |path| {
            uninterrupted(|| libc::openat(directory, path.as_ptr(), flags, mode))
        })
    }
}

/// Writes a `struct statx` of 256 bytes about a path; about an open file itself if the path is empty.
/// Symbolic links are not followed.
///
/// # Safety
/// See the module; `out` points to 256 writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_stat(
    directory: i32,
    path: *const u8,
    path_len: u32,
    out: *mut u8,
) -> i32 {
    let itself = path_len == 0 && directory != libc::AT_FDCWD;
    let empty = if itself { libc::AT_EMPTY_PATH } else { 0 };
    let flags = libc::AT_SYMLINK_NOFOLLOW | empty;
    let mut found = MaybeUninit::<libc::statx>::zeroed();
    // SAFETY: see the module for the path; `found` is a `struct statx`.
    let result = unsafe {
        with_path(path, path_len, |path| {
            let (path, mask) = (path.as_ptr(), libc::STATX_BASIC_STATS);
            uninterrupted(|| libc::statx(directory, path, flags, mask, found.as_mut_ptr()))
        })
    };
    if result >= 0 {
        let size = size_of::<libc::statx>();
        // SAFETY: the caller vouches for 256 bytes, which is what a `struct statx` has.
        unsafe { std::ptr::copy_nonoverlapping(found.as_ptr().cast(), out, size) };
    }
    result
}

/// Renames within a file system, replacing what is there.
///
/// # Safety
/// See the module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_rename(
    directory: i32,
    from: *const u8,
    from_len: u32,
    to: *const u8,
    to_len: u32,
) -> i32 {
    // SAFETY: see the module; both C strings live through the call.
    unsafe {
        with_path(from, from_len, |from| {
            with_path(to, to_len, |to| {
                status(libc::renameat(
                    directory,
                    from.as_ptr(),
                    directory,
                    to.as_ptr(),
                ))
            })
        })
    }
}

/// Renames within a file system, and fails with `EEXIST` if there is something already. Where the file
/// system cannot do that in one step, the file has both names for a moment.
///
/// # Safety
/// See the module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_rename_new(
    directory: i32,
    from: *const u8,
    from_len: u32,
    to: *const u8,
    to_len: u32,
) -> i32 {
    // SAFETY: see the module; both C strings live through the calls.
    unsafe {
        with_path(from, from_len, |from| {
            with_path(to, to_len, |to| {
                let (old, new) = (from.as_ptr(), to.as_ptr());
                let renamed = status(libc::syscall(
                    libc::SYS_renameat2,
                    directory,
                    old,
                    directory,
                    new,
                    libc::RENAME_NOREPLACE,
                ) as libc::c_int);
                if renamed != -libc::EINVAL && renamed != -libc::ENOSYS {
                    return renamed;
                }
                match status(libc::linkat(directory, old, directory, new, 0)) {
                    0 => status(libc::unlinkat(directory, old, 0)),
                    failure => failure,
                }
            })
        })
    }
}

/// Removes a file, or with `AT_REMOVEDIR` an empty folder.
///
/// # Safety
/// See the module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_remove(
    directory: i32,
    path: *const u8,
    path_len: u32,
    flags: i32,
) -> i32 {
    // SAFETY: see the module.
    unsafe {
        with_path(path, path_len, |path| {
            status(libc::unlinkat(directory, path.as_ptr(), flags))
        })
    }
}

/// Creates a folder.
///
/// # Safety
/// See the module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_make_folder(
    directory: i32,
    path: *const u8,
    path_len: u32,
    mode: u32,
) -> i32 {
    // SAFETY: see the module.
    unsafe {
        with_path(path, path_len, |path| {
            status(libc::mkdirat(directory, path.as_ptr(), mode))
        })
    }
}

/// Sets the owner of what is at a path, symbolic links not followed.
///
/// # Safety
/// See the module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_change_path_owner(
    directory: i32,
    path: *const u8,
    path_len: u32,
    uid: u32,
    gid: u32,
) -> i32 {
    let flags = libc::AT_SYMLINK_NOFOLLOW;
    // SAFETY: see the module.
    unsafe {
        with_path(path, path_len, |path| {
            status(libc::fchownat(directory, path.as_ptr(), uid, gid, flags))
        })
    }
}

/// Sets the permission bits of what a path leads to.
///
/// # Safety
/// See the module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_change_path_mode(
    directory: i32,
    path: *const u8,
    path_len: u32,
    mode: u32,
) -> i32 {
    // SAFETY: see the module.
    unsafe {
        with_path(path, path_len, |path| {
            status(libc::fchmodat(directory, path.as_ptr(), mode, 0))
        })
    }
}

/// Sets access and modification time, symbolic links not followed. `times` are seconds and
/// nanoseconds of both; the nanoseconds may be `UTIME_NOW` or `UTIME_OMIT`.
///
/// # Safety
/// See the module; `times` points to four numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_set_times(
    directory: i32,
    path: *const u8,
    path_len: u32,
    times: *const i64,
) -> i32 {
    // SAFETY: the caller vouches for four numbers, which need not be aligned.
    let [access, access_nanos, modified, modified_nanos] =
        unsafe { times.cast::<[i64; 4]>().read_unaligned() };
    let times = [
        libc::timespec {
            tv_sec: access,
            tv_nsec: access_nanos,
        },
        libc::timespec {
            tv_sec: modified,
            tv_nsec: modified_nanos,
        },
    ];
    let flags = libc::AT_SYMLINK_NOFOLLOW;
    // SAFETY: see the module; `times` are two of them.
    unsafe {
        with_path(path, path_len, |path| {
            status(libc::utimensat(
                directory,
                path.as_ptr(),
                times.as_ptr(),
                flags,
            ))
        })
    }
}

/// Sets the access time to now and leaves the modification time, symbolic links not followed.
///
/// FUSE file systems may ignore a change of one time alone, without a word: there both are set.
///
/// # Safety
/// See the module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_touch(directory: i32, path: *const u8, path_len: u32) -> i32 {
    let nanos = |tv_nsec| libc::timespec { tv_sec: 0, tv_nsec };
    let flags = libc::AT_SYMLINK_NOFOLLOW;
    // SAFETY: see the module; everything that is pointed to lives through the calls.
    unsafe {
        with_path(path, path_len, |path| {
            let mut modified = nanos(libc::UTIME_OMIT);
            if is_fuse(directory, path) {
                let mut found = MaybeUninit::<libc::stat>::zeroed();
                let out = found.as_mut_ptr();
                let result = uninterrupted(|| libc::fstatat(directory, path.as_ptr(), out, flags));
                if result < 0 {
                    return result;
                }
                let found = found.assume_init();
                modified.tv_sec = found.st_mtime;
                modified.tv_nsec = found.st_mtime_nsec;
            }
            let times = [nanos(libc::UTIME_NOW), modified];
            status(libc::utimensat(
                directory,
                path.as_ptr(),
                times.as_ptr(),
                flags,
            ))
        })
    }
}

/// Whether a directory, or a path where none is given, is on a FUSE file system.
fn is_fuse(directory: i32, path: &CStr) -> bool {
    let mut found = MaybeUninit::<libc::statfs>::zeroed();
    let out = found.as_mut_ptr();
    // SAFETY: `found` is of the type the calls fill in, and zeros are valid as well.
    unsafe {
        let result = match directory {
            libc::AT_FDCWD => uninterrupted(|| libc::statfs(path.as_ptr(), out)),
            _ => uninterrupted(|| libc::fstatfs(directory, out)),
        };
        result == 0 && found.assume_init().f_type == libc::FUSE_SUPER_MAGIC
    }
}

/// Space of the file system at a path, links followed: total, free and available bytes.
///
/// # Safety
/// See the module; `out` points to three writable numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_file_system_space(
    path: *const u8,
    path_len: u32,
    out: *mut u64,
) -> i32 {
    let mut space = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: see the module; `space` is a `struct statvfs`.
    let result = unsafe {
        with_path(path, path_len, |path| {
            uninterrupted(|| libc::statvfs(path.as_ptr(), space.as_mut_ptr()))
        })
    };
    if result >= 0 {
        // SAFETY: the call has filled it in; zeros are valid as well.
        let space = unsafe { space.assume_init() };
        let bytes = |blocks: u64| blocks.saturating_mul(space.f_frsize);
        let values = [space.f_blocks, space.f_bfree, space.f_bavail].map(bytes);
        // SAFETY: the caller vouches for three numbers.
        unsafe { out.cast::<[u64; 3]>().write_unaligned(values) };
    }
    result
}
