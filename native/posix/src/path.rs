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
#[path = "path_test.rs"]
mod tests;
