//! One step of the pipeline or its inverse, alone: to be measured.

use crate::codec::{Compressor, Crypt, Decompressor, digest};
use crate::layout::step;

/// Carries out a step with what the pipeline uses for it. Returns how much of the output it wrote.
pub fn run(
    kind: u32,
    input: &[u8],
    output: &mut [u8],
    key: Option<&[u8; 32]>,
) -> Result<usize, i32> {
    if i32::try_from(output.len()).is_err() {
        return Err(libc::EINVAL);
    }
    match kind {
        step::DIGEST => {
            let digest = digest(input, None);
            let place = output.get_mut(..digest.len()).ok_or(libc::ENOSPC)?;
            place.copy_from_slice(&digest);
            Ok(digest.len())
        }
        step::COMPRESS => {
            let mut compressor = Compressor::new().ok_or(libc::ENOMEM)?;
            compressor.compress(input, output).ok_or(libc::ENOSPC)
        }
        step::DECOMPRESS => {
            let mut decompressor = Decompressor::new().ok_or(libc::ENOMEM)?;
            let result = decompressor.decompress(input, output);
            result.map(|()| output.len()).map_err(|_| libc::EBADMSG)
        }
        step::ENCRYPT => {
            let key = key.ok_or(libc::EFAULT)?;
            let place = output.get_mut(..input.len()).ok_or(libc::ENOSPC)?;
            let crypt = Crypt::new(key, &[0; 32]).ok_or(libc::ENOMEM)?;
            let done = crypt.encrypt(input, place);
            done.then_some(input.len()).ok_or(libc::EIO)
        }
        _ => Err(libc::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_comes_out_again_and_nothing_else_does() {
        let input = [7u8; 5000];
        let mut frame = [0u8; 1000];
        let length = run(step::COMPRESS, &input, &mut frame, None).unwrap();
        let mut output = [0u8; 5000];
        assert_eq!(
            run(step::DECOMPRESS, &frame[..length], &mut output, None),
            Ok(5000)
        );
        assert_eq!(output, input);
        let cut = run(step::DECOMPRESS, &frame[..length - 1], &mut output, None);
        assert_eq!(cut, Err(libc::EBADMSG));
        let small = run(step::DECOMPRESS, &frame[..length], &mut output[1..], None);
        assert_eq!(small, Err(libc::EBADMSG));
    }

    #[test]
    fn a_digest_is_that_of_chunks_and_encryption_changes_every_time() {
        let input = [1u8; 100];
        let mut output = [0u8; 100];
        assert_eq!(run(step::DIGEST, &input, &mut output, None), Ok(32));
        assert_eq!(output[..32], digest(&input, None));
        let key = [3u8; 32];
        assert_eq!(run(step::ENCRYPT, &input, &mut output, Some(&key)), Ok(100));
        let mut again = [0u8; 100];
        assert_eq!(run(step::ENCRYPT, &input, &mut again, Some(&key)), Ok(100));
        assert_ne!(output, input);
        assert_ne!(output, again);
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        let mut output = [0u8; 10];
        for (kind, error) in [
            (step::DIGEST, libc::ENOSPC),
            (step::COMPRESS, libc::ENOSPC),
            (step::DECOMPRESS, libc::EBADMSG),
            (step::ENCRYPT, libc::EFAULT),
            (99, libc::EINVAL),
        ] {
            assert_eq!(run(kind, b"some bytes", &mut output[..9], None), Err(error));
        }
        let no_room = run(step::ENCRYPT, &[0; 10], &mut output[..9], Some(&[0; 32]));
        assert_eq!(no_room, Err(libc::ENOSPC));
    }
}
