//! Memory that the caller passes.

/// Bytes that are read during a call; EFAULT for a null pointer with a length.
///
/// # Safety
/// `start` is null or points to `length` readable bytes that stay as they are.
pub unsafe fn bytes<'a>(start: *const u8, length: usize) -> Result<&'a [u8], i32> {
    if length == 0 {
        return Ok(&[]);
    }
    if start.is_null() {
        return Err(libc::EFAULT);
    }
    // SAFETY: not null, and the caller vouches for the bytes.
    Ok(unsafe { std::slice::from_raw_parts(start, length) })
}

/// Bytes that are written during a call; EFAULT for a null pointer with a length.
///
/// # Safety
/// `start` is null or points to `length` writable bytes that nobody else uses.
pub unsafe fn bytes_mut<'a>(start: *mut u8, length: usize) -> Result<&'a mut [u8], i32> {
    if length == 0 {
        return Ok(&mut []);
    }
    if start.is_null() {
        return Err(libc::EFAULT);
    }
    // SAFETY: not null, and the caller vouches for the bytes.
    Ok(unsafe { std::slice::from_raw_parts_mut(start, length) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::{null, null_mut};

    #[test]
    fn a_null_pointer_goes_with_no_bytes_only() {
        let mut some = [1u8, 2];
        // SAFETY: null, or two bytes that are there.
        unsafe {
            assert_eq!(bytes(null(), 0), Ok(&[][..]));
            assert_eq!(bytes(null(), 1), Err(libc::EFAULT));
            assert_eq!(bytes(some.as_ptr(), 2), Ok(&[1, 2][..]));
            assert_eq!(bytes_mut(null_mut(), 0), Ok(&mut [][..]));
            assert_eq!(bytes_mut(null_mut(), 1), Err(libc::EFAULT));
            assert_eq!(bytes_mut(some.as_mut_ptr(), 2), Ok(&mut [1, 2][..]));
        }
    }
}
