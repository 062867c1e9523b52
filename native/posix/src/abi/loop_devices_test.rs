use super::*;
use std::os::fd::AsRawFd;

#[test]
fn what_is_no_loop_device_is_refused() {
    let null = std::fs::File::open("/dev/null").unwrap();
    assert_eq!(pbs_find_free_loop(null.as_raw_fd()), -libc::ENOTTY);
    assert_eq!(pbs_attach_loop(null.as_raw_fd(), 0, 0), -libc::ENOTTY);
    assert_eq!(pbs_detach_loop(null.as_raw_fd()), -libc::ENOTTY);
    assert_eq!(pbs_detach_loop(-1), -libc::EBADF);
}
