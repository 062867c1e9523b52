//! Results of system calls.

/// A positive error number.
pub type Errno = i32;

/// The calling thread's error number.
fn last() -> Errno {
    match std::io::Error::last_os_error().raw_os_error() {
        Some(errno) if errno > 0 => errno,
        // A call that fails says why; whatever this is, it is no success.
        _ => libc::EIO,
    }
}

/// What a call returned that returns -1 when it fails.
pub(crate) fn check(result: libc::c_int) -> Result<libc::c_int, Errno> {
    if result < 0 { Err(last()) } else { Ok(result) }
}

/// The same for calls that return a length.
pub(crate) fn check_length(result: isize) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_| last())
}

/// Calls until no signal interrupts it.
pub(crate) fn uninterrupted<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(libc::EINTR) => {}
            result => return result,
        }
    }
}
