//! Setting owners, modes and times.

use crate::errno::{Errno, check, uninterrupted};
use std::ffi::CStr;
use std::os::fd::RawFd;

/// Seconds and nanoseconds, which may be `UTIME_NOW` or `UTIME_OMIT`.
pub type Time = libc::timespec;

pub fn set_owner(fd: RawFd, uid: u32, gid: u32) -> Result<(), Errno> {
    // SAFETY: takes no memory.
    uninterrupted(|| check(unsafe { libc::fchown(fd, uid, gid) })).map(drop)
}

/// The same of a path; with `AT_EMPTY_PATH` and no path, of what an `O_PATH` descriptor stands for.
pub fn set_owner_at(dir: RawFd, path: &CStr, uid: u32, gid: u32, flags: i32) -> Result<(), Errno> {
    // SAFETY: the path ends in NUL.
    uninterrupted(|| check(unsafe { libc::fchownat(dir, path.as_ptr(), uid, gid, flags) }))
        .map(drop)
}

pub fn set_mode(fd: RawFd, mode: u32) -> Result<(), Errno> {
    // SAFETY: takes no memory.
    uninterrupted(|| check(unsafe { libc::fchmod(fd, mode) })).map(drop)
}

/// The same of a path, symbolic links followed.
pub fn set_mode_at(dir: RawFd, path: &CStr, mode: u32) -> Result<(), Errno> {
    // SAFETY: the path ends in NUL.
    uninterrupted(|| check(unsafe { libc::fchmodat(dir, path.as_ptr(), mode, 0) })).map(drop)
}

/// Access and modification time.
pub fn set_times(fd: RawFd, times: &[Time; 2]) -> Result<(), Errno> {
    // SAFETY: the call reads two times, which outlive it.
    check(unsafe { libc::futimens(fd, times.as_ptr()) }).map(drop)
}

/// The same of a path.
pub fn set_times_at(dir: RawFd, path: &CStr, times: &[Time; 2], flags: i32) -> Result<(), Errno> {
    // SAFETY: the path ends in NUL, and the two times are what is read.
    check(unsafe { libc::utimensat(dir, path.as_ptr(), times.as_ptr(), flags) }).map(drop)
}
