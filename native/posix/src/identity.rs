//! Who the process is and what it may have.

use crate::result::status;

/// Effective user id.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_effective_uid() -> u32 {
    // SAFETY: always succeeds.
    unsafe { libc::geteuid() }
}

/// Effective group id.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_effective_gid() -> u32 {
    // SAFETY: always succeeds.
    unsafe { libc::getegid() }
}

/// Sets the process's umask; returns the one before.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_umask(mask: u32) -> u32 {
    // SAFETY: always succeeds.
    unsafe { libc::umask(mask) }
}

/// Sets whose permissions this thread has for files, and who owns what it creates. Returns -EPERM, and
/// changes nothing, if that is not allowed. The ids before are written to `previous`.
///
/// # Safety
/// `previous` points to two writable numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_set_file_user(uid: u32, gid: u32, previous: *mut u32) -> i32 {
    // An id that does not exist changes nothing: that is how to ask for the current one.
    const ASK: u32 = u32::MAX;
    // SAFETY: these calls take no memory and report nothing; they are asked afterwards.
    let (old_uid, old_gid, now) = unsafe {
        let old_gid = libc::setfsgid(gid) as u32;
        let old_uid = libc::setfsuid(uid) as u32;
        (
            old_uid,
            old_gid,
            (libc::setfsuid(ASK) as u32, libc::setfsgid(ASK) as u32),
        )
    };
    // SAFETY: the caller vouches for two numbers.
    unsafe {
        previous
            .cast::<[u32; 2]>()
            .write_unaligned([old_uid, old_gid])
    };
    if now == (uid, gid) {
        return 0;
    }
    // SAFETY: as above.
    unsafe {
        libc::setfsuid(old_uid);
        libc::setfsgid(old_gid);
    }
    -libc::EPERM
}

/// How many files the process may have open at a time, or a negative error number.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_open_files_max() -> i64 {
    let mut limit = std::mem::MaybeUninit::<libc::rlimit>::zeroed();
    // SAFETY: `limit` is of the type the call fills in.
    match status(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) }) {
        // SAFETY: the call has filled it in.
        0 => i64::try_from(unsafe { limit.assume_init() }.rlim_cur).unwrap_or(i64::MAX),
        error => i64::from(error),
    }
}
