use super::*;

#[test]
fn what_is_no_mount_is_refused() {
    let pieces = [1_u64, 0, 0, 1].map(u64::to_ne_bytes).concat();
    // SAFETY: both are as long as is said.
    let done = unsafe { pbs_store_pages(-1, [7].as_ptr(), 1, pieces.as_ptr(), 1) };
    assert_eq!(done, -libc::EBADF);
}
