//! Locks on open files.

use crate::locking::{lock_file, lock_record};
use pbs_native_interface::answer;

/// `flock`, which never waits.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_lock_file(fd: i32, operation: i32) -> i32 {
    answer(lock_file(fd, operation).map(|()| 0))
}

/// A record lock on the whole file, `F_SETLK`: `kind` is `F_RDLCK`, `F_WRLCK` or `F_UNLCK`.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_lock_record(fd: i32, kind: i32) -> i32 {
    answer(lock_record(fd, kind).map(|()| 0))
}
