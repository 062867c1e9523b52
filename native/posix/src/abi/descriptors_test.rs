use super::*;
use std::os::fd::{AsRawFd, IntoRawFd};

#[test]
fn failed_calls_return_the_error_number() {
    let mut byte = 0u8;
    assert_eq!(pbs_close(-1), -libc::EBADF);
    assert_eq!(pbs_sync_file(-1), -libc::EBADF);
    assert_eq!(pbs_sync_file_system(-1), -libc::EBADF);
    assert_eq!(pbs_truncate(-1, 0), -libc::EBADF);
    assert_eq!(pbs_change_mode(-1, 0), -libc::EBADF);
    assert_eq!(pbs_change_owner(-1, 0, 0), -libc::EBADF);
    // SAFETY: one byte is there.
    unsafe {
        assert_eq!(pbs_read_at(-1, &mut byte, 1, 0), -i64::from(libc::EBADF));
        assert_eq!(pbs_write_at(-1, &byte, 1, 0), -libc::EBADF);
    }
}

#[test]
fn a_write_that_does_not_fit_fails_after_the_part_that_does() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let full = full.unwrap();
    // SAFETY: the bytes are there.
    let status = unsafe { pbs_write_at(full.as_raw_fd(), b"abc".as_ptr(), 3, 0) };
    assert_eq!(status, -libc::ENOSPC);
    assert_eq!(pbs_close(full.into_raw_fd()), 0);
}

#[test]
fn reading_ends_with_the_file() {
    let path = std::env::temp_dir().join(format!("pbs-posix-{}", std::process::id()));
    std::fs::write(&path, "content").unwrap();
    let file = std::fs::File::open(&path).unwrap();
    let mut out = [0u8; 16];
    // SAFETY: 16 bytes are there.
    let got = unsafe { pbs_read_at(file.as_raw_fd(), out.as_mut_ptr(), 16, 3) };
    assert_eq!((got, &out[..4]), (4, &b"tent"[..]));
    std::fs::remove_file(&path).unwrap();
}
