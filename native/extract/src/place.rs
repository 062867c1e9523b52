//! How metadata reaches an entry that was made.

use pbs_native_posix::{self as posix, Errno, Time};
use std::ffi::{CStr, CString};
use std::os::fd::RawFd;

/// How an entry is reached. Never by its path.
#[derive(Clone, Copy)]
pub enum Place {
    /// An ordinary descriptor: files and directories.
    Open(RawFd),
    /// An `O_PATH | O_NOFOLLOW` descriptor: everything else.
    PathOnly(RawFd),
}

impl Place {
    pub fn fd(self) -> RawFd {
        match self {
            Place::Open(fd) | Place::PathOnly(fd) => fd,
        }
    }

    pub fn set_owner(self, uid: u32, gid: u32) -> Result<(), Errno> {
        if uid == u32::MAX || gid == u32::MAX {
            // To the kernel this means "leave it as it is".
            return Err(libc::EINVAL);
        }
        match self {
            Place::Open(fd) => posix::set_owner(fd, uid, gid),
            Place::PathOnly(fd) => posix::set_owner_at(fd, c"", uid, gid, libc::AT_EMPTY_PATH),
        }
    }

    pub fn set_xattr(self, name: &CStr, value: &[u8]) -> Result<(), Errno> {
        match self {
            Place::Open(fd) => posix::set_xattr(fd, name, value),
            Place::PathOnly(fd) => posix::set_xattr_at(&proc_path(fd), name, value),
        }
    }

    pub fn remove_xattr(self, name: &CStr) -> Result<(), Errno> {
        match self {
            Place::Open(fd) => posix::remove_xattr(fd, name),
            Place::PathOnly(fd) => posix::remove_xattr_at(&proc_path(fd), name),
        }
    }

    pub fn set_mode(self, mode: u32) -> Result<(), Errno> {
        match self {
            Place::Open(fd) => posix::set_mode(fd, mode),
            Place::PathOnly(fd) => posix::set_mode_at(libc::AT_FDCWD, &proc_path(fd), mode),
        }
    }

    pub fn set_time(self, secs: i64, nanos: u32) -> Result<(), Errno> {
        let times = times(secs, nanos)?;
        match self {
            Place::Open(fd) => posix::set_times(fd, &times),
            // The kernel follows the magic link to the entry itself, not what that points to.
            Place::PathOnly(fd) => posix::set_times_at(libc::AT_FDCWD, &proc_path(fd), &times, 0),
        }
    }
}

/// Access time untouched, modification time as given. Nanoseconds out of range would not always be
/// refused by the kernel: two values mean "now" and "leave it".
pub fn times(secs: i64, nanos: u32) -> Result<[Time; 2], Errno> {
    if nanos > 999_999_999 {
        return Err(libc::EINVAL);
    }
    let time = |tv_sec, tv_nsec| Time { tv_sec, tv_nsec };
    Ok([time(0, libc::UTIME_OMIT), time(secs, i64::from(nanos))])
}

fn proc_path(fd: RawFd) -> CString {
    CString::new(format!("/proc/self/fd/{fd}")).expect("no NUL in a number")
}
