//! Results of system calls.

/// The calling thread's error number, negative.
fn negative_errno() -> i32 {
    match std::io::Error::last_os_error().raw_os_error() {
        Some(errno) if errno > 0 => -errno,
        // A call that fails says why; whatever this is, it is no success.
        _ => -libc::EIO,
    }
}

/// What a call returned, or its negative error number.
pub fn status(result: libc::c_int) -> i32 {
    if result < 0 { negative_errno() } else { result }
}

/// The same for calls that return a length.
pub fn length(result: isize) -> i64 {
    if result < 0 {
        i64::from(negative_errno())
    } else {
        result as i64
    }
}

/// Calls until no signal interrupts it.
pub fn uninterrupted(mut call: impl FnMut() -> libc::c_int) -> i32 {
    loop {
        match status(call()) {
            interrupted if interrupted == -libc::EINTR => {}
            result => return result,
        }
    }
}
