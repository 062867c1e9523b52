//! Error numbers of system calls.

/// The calling thread's `errno`.
pub fn last_errno() -> i32 {
    // SAFETY: the address of the thread's own number.
    unsafe { *libc::__errno_location() }
}

/// The value of a call that returns -1 on failure.
pub fn check(result: libc::c_int) -> Result<libc::c_int, i32> {
    if result < 0 {
        Err(last_errno())
    } else {
        Ok(result)
    }
}

/// The same for calls that return a length.
pub fn check_len(result: isize) -> Result<usize, i32> {
    if result < 0 {
        Err(last_errno())
    } else {
        Ok(result as usize)
    }
}
