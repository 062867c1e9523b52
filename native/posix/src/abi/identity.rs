//! Who the process is and what it may have.

use crate::process;
use pbs_native_interface::answer;

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

/// Sets whose permissions this thread has for files, and who owns what it creates. Returns -EPERM, and
/// changes nothing, if that is not allowed. The ids before are written to `previous`.
///
/// # Safety
/// `previous` points to two writable numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_set_file_user(uid: u32, gid: u32, previous: *mut u32) -> i32 {
    if previous.is_null() {
        return -libc::EFAULT;
    }
    let ((old_uid, old_gid), result) = process::set_file_user((uid, gid));
    let ids = [old_uid, old_gid];
    // SAFETY: not null, and the caller vouches for two numbers, which need not be aligned.
    unsafe { previous.cast::<[u32; 2]>().write_unaligned(ids) };
    answer(result.map(|()| 0))
}

/// How many files the process may have open at a time, or a negative error number.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_open_files_max() -> i64 {
    match process::open_files_max() {
        Ok(max) => i64::try_from(max).unwrap_or(i64::MAX),
        Err(errno) => -i64::from(errno),
    }
}
