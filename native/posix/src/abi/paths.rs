//! Calls that take a path, relative to a directory or `AT_FDCWD`.
//!
//! In all of them a path points to as many readable bytes as its length says.

use crate::errno::Errno;
use crate::metadata::{self, Time};
use crate::path::with_path;
use crate::{names, opening, status};
use pbs_native_interface::answer;
use std::ffi::CStr;
use std::os::fd::IntoRawFd;

/// Calls with a path.
///
/// # Safety
/// See the module.
unsafe fn at_path(
    path: *const u8,
    path_len: u32,
    call: impl FnOnce(&CStr) -> Result<(), Errno>,
) -> i32 {
    // SAFETY: the caller vouches for the bytes of the path.
    answer(unsafe { with_path(path, path_len, call) }.map(|()| 0))
}

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
    let open = |path: &CStr| opening::open_at(directory, path, flags, mode);
    // SAFETY: the caller vouches for the bytes of the path.
    answer(unsafe { with_path(path, path_len, open) }.map(IntoRawFd::into_raw_fd))
}

/// Opens a file as if a directory were the root. Returns a descriptor.
///
/// # Safety
/// See the module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_open_in_root(
    root: i32,
    path: *const u8,
    path_len: u32,
    flags: i32,
) -> i32 {
    let open = |path: &CStr| opening::open_in_root(root, path, flags);
    // SAFETY: the caller vouches for the bytes of the path.
    answer(unsafe { with_path(path, path_len, open) }.map(IntoRawFd::into_raw_fd))
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
    if out.is_null() {
        return -libc::EFAULT;
    }
    let itself = path_len == 0 && directory != libc::AT_FDCWD;
    let empty = if itself { libc::AT_EMPTY_PATH } else { 0 };
    let flags = libc::AT_SYMLINK_NOFOLLOW | empty;
    // SAFETY: the caller vouches for the bytes of the path.
    let found = unsafe { with_path(path, path_len, |path| status::statx(directory, path, flags)) };
    answer(found.map(|found| {
        // SAFETY: not null, and the caller vouches for 256 bytes, which is what a `struct statx` has.
        unsafe { out.cast::<libc::statx>().write_unaligned(found) };
        0
    }))
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
    // SAFETY: the caller vouches for the bytes of the path.
    unsafe {
        at_path(from, from_len, |from| {
            with_path(to, to_len, |to| names::rename(directory, from, to))
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
    // SAFETY: the caller vouches for the bytes of the path.
    unsafe {
        at_path(from, from_len, |from| {
            with_path(to, to_len, |to| names::rename_new(directory, from, to))
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
    // SAFETY: the caller vouches for the bytes of the path.
    unsafe { at_path(path, path_len, |path| names::remove(directory, path, flags)) }
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
    // SAFETY: the caller vouches for the bytes of the path.
    unsafe {
        at_path(path, path_len, |path| {
            names::make_directory(directory, path, mode)
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
    let change = |path: &CStr| metadata::set_owner_at(directory, path, uid, gid, flags);
    // SAFETY: the caller vouches for the bytes of the path.
    unsafe { at_path(path, path_len, change) }
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
    // SAFETY: the caller vouches for the bytes of the path.
    unsafe {
        at_path(path, path_len, |path| {
            metadata::set_mode_at(directory, path, mode)
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
    if times.is_null() {
        return -libc::EFAULT;
    }
    // SAFETY: not null, and the caller vouches for four numbers, which need not be aligned.
    let [access, access_nanos, modified, modified_nanos] =
        unsafe { times.cast::<[i64; 4]>().read_unaligned() };
    let times = [time(access, access_nanos), time(modified, modified_nanos)];
    let flags = libc::AT_SYMLINK_NOFOLLOW;
    // SAFETY: the caller vouches for the bytes of the path.
    unsafe {
        at_path(path, path_len, |path| {
            metadata::set_times_at(directory, path, &times, flags)
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
    let touch = |path: &CStr| {
        let flags = libc::AT_SYMLINK_NOFOLLOW;
        let mut modified = time(0, libc::UTIME_OMIT);
        if is_fuse(directory, path) {
            let found = status::stat_at(directory, path)?;
            modified = time(found.st_mtime, found.st_mtime_nsec);
        }
        let times = [time(0, libc::UTIME_NOW), modified];
        metadata::set_times_at(directory, path, &times, flags)
    };
    // SAFETY: the caller vouches for the bytes of the path.
    unsafe { at_path(path, path_len, touch) }
}

fn time(tv_sec: i64, tv_nsec: i64) -> Time {
    Time { tv_sec, tv_nsec }
}

/// Whether a directory, or a path where none is given, is on a FUSE file system.
fn is_fuse(directory: i32, path: &CStr) -> bool {
    let found = match directory {
        libc::AT_FDCWD => status::file_system_at(path),
        _ => status::file_system(directory),
    };
    found.is_ok_and(|magic| i64::from(magic) == libc::FUSE_SUPER_MAGIC)
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
    if out.is_null() {
        return -libc::EFAULT;
    }
    // SAFETY: the caller vouches for the bytes of the path.
    let space = unsafe { with_path(path, path_len, status::space_at) };
    answer(space.map(|space| {
        let bytes = |blocks: u64| blocks.saturating_mul(space.f_frsize);
        let values = [space.f_blocks, space.f_bfree, space.f_bavail].map(bytes);
        // SAFETY: not null, and the caller vouches for three numbers, which need not be aligned.
        unsafe { out.cast::<[u64; 3]>().write_unaligned(values) };
        0
    }))
}
