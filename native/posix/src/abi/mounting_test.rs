use super::*;

fn status(texts: &[u8]) -> i32 {
    // SAFETY: the slice is readable.
    unsafe { pbs_mount(texts.as_ptr(), texts.len(), libc::MS_RDONLY as u32) }
}

#[test]
fn what_cannot_be_mounted_is_refused() {
    let texts = b"/nowhere/device\0/nowhere/at/all\0ext4\0noload\0";
    assert!(matches!(-status(texts), libc::ENOENT | libc::EPERM));
}

#[test]
fn four_texts_are_needed_each_with_its_end() {
    assert_eq!(status(b"a\0b\0ext4\0"), -libc::EINVAL);
    assert_eq!(status(b"a\0b\0ext4\0noload"), -libc::EINVAL);
    assert_eq!(status(b"a\0b\0ext4\0no\0load\0"), -libc::EINVAL);
    assert_eq!(status(b""), -libc::EINVAL);
}
