//! Who the process is and what it may have.

use crate::process;
use pbs_native_interface::{answer, long_answer};

/// Effective user id.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_effective_uid() -> u32 {
    process::effective_uid()
}

/// Effective group id.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_effective_gid() -> u32 {
    process::effective_gid()
}

/// Sets the process's umask; returns the one before.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_umask(mask: u32) -> u32 {
    process::set_umask(mask)
}

/// Leaves the terminal: starts a session, and lets the standard streams lead nowhere. EPERM, and no
/// change, for a process that leads a process group.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_leave_terminal() -> i32 {
    answer(process::leave_terminal().map(|()| 0))
}

/// How many files the process may have open at a time, or a negative error number.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_open_files_max() -> i64 {
    long_answer(process::open_files_max().map(|max| i64::try_from(max).unwrap_or(i64::MAX)))
}
