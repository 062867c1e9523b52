//! What the kernel tells of files and file systems.

use crate::errno::{Errno, check, uninterrupted};
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

/// Calls with room for a plain structure of the kernel's, and gives the structure back.
///
/// # Safety
/// `call` fills the structure in when it succeeds, and all-zero is a valid value of `T`.
unsafe fn filled<T>(mut call: impl FnMut(*mut T) -> libc::c_int) -> Result<T, Errno> {
    let mut found = MaybeUninit::<T>::zeroed();
    uninterrupted(|| check(call(found.as_mut_ptr())))?;
    // SAFETY: filled in, and what was not is zero, which the caller vouches to be valid.
    Ok(unsafe { found.assume_init() })
}

/// `fstat`.
pub fn stat(fd: RawFd) -> Result<libc::stat, Errno> {
    // SAFETY: `stat` is numbers, and the call is given room for one.
    unsafe { filled(|out| libc::fstat(fd, out)) }
}

/// `lstat` relative to a directory.
pub fn stat_at(dir: RawFd, path: &CStr) -> Result<libc::stat, Errno> {
    let flags = libc::AT_SYMLINK_NOFOLLOW;
    // SAFETY: `stat` is numbers, the call is given room for one, and the path ends in NUL.
    unsafe { filled(|out| libc::fstatat(dir, path.as_ptr(), out, flags)) }
}

/// `statx` with the basic fields.
pub fn statx(dir: RawFd, path: &CStr, flags: i32) -> Result<libc::statx, Errno> {
    let mask = libc::STATX_BASIC_STATS;
    // SAFETY: `statx` is numbers, the call is given room for one, and the path ends in NUL.
    unsafe { filled(|out| libc::statx(dir, path.as_ptr(), flags, mask, out)) }
}

/// `f_type` of the file system of an open file, as 32 unsigned bits.
pub fn file_system(fd: RawFd) -> Result<u32, Errno> {
    // SAFETY: `statfs` is numbers, and the call is given room for one.
    unsafe { filled(|out: *mut libc::statfs| libc::fstatfs(fd, out)) }.map(|fs| fs.f_type as u32)
}

/// The same of a path, links followed.
pub fn file_system_at(path: &CStr) -> Result<u32, Errno> {
    // SAFETY: `statfs` is numbers, the call is given room for one, and the path ends in NUL.
    unsafe { filled(|out: *mut libc::statfs| libc::statfs(path.as_ptr(), out)) }
        .map(|fs| fs.f_type as u32)
}

/// Sizes of the file system at a path, links followed.
pub fn space_at(path: &CStr) -> Result<libc::statvfs, Errno> {
    // SAFETY: `statvfs` is numbers, the call is given room for one, and the path ends in NUL.
    unsafe { filled(|out| libc::statvfs(path.as_ptr(), out)) }
}
