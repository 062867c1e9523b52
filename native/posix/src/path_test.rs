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
