//! Randomness for keys and initialisation vectors.

use crate::errno::{Errno, check_length, uninterrupted};

/// Fills the slice with random bytes.
pub fn fill_random(mut bytes: &mut [u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let got = uninterrupted(|| {
            // SAFETY: the slice has as many bytes as it says.
            check_length(unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) })
        })?;
        bytes = &mut bytes[got..];
    }
    Ok(())
}

#[cfg(test)]
#[path = "random_test.rs"]
mod tests;
