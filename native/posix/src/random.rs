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
mod tests {
    use super::*;

    #[test]
    fn all_bytes_are_filled() {
        // Larger than the kernel gives in one piece; a stretch of zeros would be one that was left out.
        let mut bytes = vec![0; (32 << 20) + 64];
        assert_eq!(fill_random(&mut bytes), Ok(()));
        let end = bytes.len();
        for place in [0..32, end / 2..end / 2 + 32, end - 32..end] {
            assert!(bytes[place].iter().any(|byte| *byte != 0));
        }
    }
}
