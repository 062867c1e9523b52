use super::*;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;

#[test]
fn a_message_names_file_place_and_length() {
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    let pieces = [[7, 0, 1, 3], [u64::MAX, 4096, 0, 1]].map(Piece::from_words);
    assert_eq!(store_pages(ours.as_raw_fd(), b"abcdef", &pieces), Ok(2));
    let mut message = [0; 100];
    assert_eq!(theirs.recv(&mut message).unwrap(), HEAD_BYTES + 3);
    assert_eq!(message[..8], [43, 0, 0, 0, 4, 0, 0, 0]);
    assert_eq!(message[8..16], [0; 8]);
    assert_eq!(message[16..24], 7_u64.to_ne_bytes());
    assert_eq!(message[24..32], [0; 8]);
    assert_eq!(message[32..40], [3, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(&message[40..43], b"bcd");
    assert_eq!(theirs.recv(&mut message).unwrap(), HEAD_BYTES + 1);
    assert_eq!(message[16..24], [0xff; 8]);
    assert_eq!(message[24..32], 4096_u64.to_ne_bytes());
}

#[test]
fn nothing_is_read_beyond_the_bytes() {
    let (ours, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    for words in [[1, 0, 4, 3], [1, 0, u64::MAX, 2], [1, 0, 0, u64::MAX]] {
        let piece = Piece::from_words(words);
        assert_eq!(
            store_pages(ours.as_raw_fd(), b"abcdef", &[piece]),
            Err(libc::EINVAL)
        );
    }
    drop(ours);
    assert_eq!(theirs.read(&mut [0; 1]).unwrap(), 0);
}
