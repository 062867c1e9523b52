//! Paths as the C library takes them.

use crate::errno::Errno;
use std::ffi::CStr;

/// The kernel takes no longer ones, the final NUL included.
const PATH_MAX: usize = libc::PATH_MAX as usize;

/// Calls with a path that ends in NUL. EINVAL if it has one inside, ENAMETOOLONG if it is too long,
/// EFAULT for a null pointer with a length.
///
/// # Safety
/// `start` is null or points to `len` readable bytes.
pub unsafe fn with_path<T>(
    start: *const u8,
    len: u32,
    call: impl FnOnce(&CStr) -> Result<T, Errno>,
) -> Result<T, Errno> {
    let len = len as usize;
    if len >= PATH_MAX {
        return Err(libc::ENAMETOOLONG);
    }
    // SAFETY: the caller vouches for the bytes.
    let path = unsafe { pbs_native_interface::bytes(start, len) }?;
    let mut buffer = [0u8; PATH_MAX];
    buffer[..len].copy_from_slice(path);
    match CStr::from_bytes_with_nul(&buffer[..=len]) {
        Ok(path) => call(path),
        Err(_) => Err(libc::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(bytes: &[u8]) -> Result<(), Errno> {
        // SAFETY: the slice is readable.
        unsafe {
            with_path(bytes.as_ptr(), bytes.len() as u32, |path| {
                assert_eq!(path.to_bytes(), bytes);
                Ok(())
            })
        }
    }

    #[test]
    fn paths_are_ended_and_those_that_end_before_their_length_are_refused() {
        assert_eq!(seen(b""), Ok(()));
        assert_eq!(seen(b"a/\xff b"), Ok(()));
        assert_eq!(seen(&[b'x'; PATH_MAX - 1]), Ok(()));
        assert_eq!(seen(&[b'x'; PATH_MAX]), Err(libc::ENAMETOOLONG));
        assert_eq!(seen(b"a\0b"), Err(libc::EINVAL));
        assert_eq!(seen(b"a\0"), Err(libc::EINVAL));
        assert_eq!(seen(b"\0"), Err(libc::EINVAL));
    }
}
