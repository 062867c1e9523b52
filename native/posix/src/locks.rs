//! Locks on open files.

use crate::result::{status, uninterrupted};

/// `flock`; `operation` contains `LOCK_NB`, so that it never waits.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_lock_file(fd: i32, operation: i32) -> i32 {
    // SAFETY: takes no memory.
    uninterrupted(|| unsafe { libc::flock(fd, operation | libc::LOCK_NB) })
}

/// A record lock on the whole file, `F_SETLK`: `kind` is `F_RDLCK`, `F_WRLCK` or `F_UNLCK`.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_lock_record(fd: i32, kind: i32) -> i32 {
    let lock = libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    // SAFETY: the lock outlives the call.
    status(unsafe { libc::fcntl(fd, libc::F_SETLK, &lock) })
}
