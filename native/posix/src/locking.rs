//! Locks on open files, none of which waits.

use crate::errno::{Errno, check, uninterrupted};
use std::os::fd::RawFd;

/// `flock`.
pub fn lock_file(fd: RawFd, operation: i32) -> Result<(), Errno> {
    // SAFETY: takes no memory.
    uninterrupted(|| check(unsafe { libc::flock(fd, operation | libc::LOCK_NB) })).map(drop)
}

/// A record lock on the whole file: `kind` is `F_RDLCK`, `F_WRLCK` or `F_UNLCK`.
pub fn lock_record(fd: RawFd, kind: i32) -> Result<(), Errno> {
    let lock = libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    // SAFETY: the lock outlives the call.
    check(unsafe { libc::fcntl(fd, libc::F_SETLK, &raw const lock) }).map(drop)
}
