//! Paths as the C library takes them.

use std::ffi::CStr;

/// The kernel takes no longer ones, the final NUL included.
const PATH_MAX: usize = libc::PATH_MAX as usize;

/// Calls with a path that ends in NUL, or returns -EINVAL if it has one inside, -ENAMETOOLONG if it
/// is too long.
///
/// # Safety
/// `start` points to `len` readable bytes.
pub unsafe fn with_path(start: *const u8, len: u32, call: impl FnOnce(&CStr) -> i32) -> i32 {
    let len = len as usize;
    if len >= PATH_MAX {
        return -libc::ENAMETOOLONG;
    }
    let mut buffer = [0u8; PATH_MAX];
    if len > 0 {
        if start.is_null() {
            return -libc::EFAULT;
        }
        // SAFETY: the caller vouches for the bytes, and `len` is below the buffer's length.
        unsafe { std::ptr::copy_nonoverlapping(start, buffer.as_mut_ptr(), len) };
    }
    match CStr::from_bytes_with_nul(&buffer[..=len]) {
        Ok(path) => call(path),
        Err(_) => -libc::EINVAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(bytes: &[u8]) -> i32 {
        // SAFETY: the slice is readable.
        unsafe {
            with_path(bytes.as_ptr(), bytes.len() as u32, |path| {
                assert_eq!(path.to_bytes(), bytes);
                1
            })
        }
    }

    #[test]
    fn paths_are_ended_and_those_that_end_before_their_length_are_refused() {
        assert_eq!(seen(b""), 1);
        assert_eq!(seen(b"a/\xff b"), 1);
        assert_eq!(seen(&[b'x'; PATH_MAX - 1]), 1);
        assert_eq!(seen(&[b'x'; PATH_MAX]), -libc::ENAMETOOLONG);
        assert_eq!(seen(b"a\0b"), -libc::EINVAL);
        assert_eq!(seen(b"a\0"), -libc::EINVAL);
        assert_eq!(seen(b"\0"), -libc::EINVAL);
    }
}
