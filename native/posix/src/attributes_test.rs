use super::*;
use std::os::fd::AsRawFd;

#[test]
fn a_pipe_has_no_attributes_and_says_so() {
    let (reader, _writer) = std::io::pipe().unwrap();
    let fd = reader.as_raw_fd();
    let without = |result: Result<(), Errno>| result.is_err_and(means_no_attributes);
    assert!(without(linux_flags(fd).map(drop)));
    assert!(without(set_linux_flags(fd, 0)));
    assert!(without(fat_attributes(fd).map(drop)));
    assert!(without(set_fat_attributes(fd, 0)));
    assert!(without(project_id(fd).map(drop)));
    assert!(without(set_project_id(fd, 1)));
    assert!(!means_no_attributes(libc::EPERM));
}
