//! Mounting.

use crate::errno::Errno;
use crate::mounting;
use pbs_native_interface::{answer, bytes};
use std::ffi::CStr;

/// Mounts a block device, with `MS_*` flags. The texts are source, target, file system and options,
/// each with a NUL at its end. Nonblocking call: a disk may be slow.
///
/// # Safety
/// `texts` is null or points to as many readable bytes as the length says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_mount(texts: *const u8, texts_len: usize, flags: u32) -> i32 {
    // SAFETY: the caller vouches for the bytes.
    let texts = unsafe { bytes(texts, texts_len) };
    answer(texts.and_then(|texts| mount(texts, flags)).map(|()| 0))
}

fn mount(texts: &[u8], flags: u32) -> Result<(), Errno> {
    let texts = texts
        .split_inclusive(|byte| *byte == 0)
        .map(CStr::from_bytes_with_nul)
        .collect::<Result<Vec<_>, _>>();
    match texts.as_deref() {
        Ok(&[source, target, kind, options]) => {
            mounting::mount(source, target, kind, flags, options)
        }
        _ => Err(libc::EINVAL),
    }
}

#[cfg(test)]
#[path = "mounting_test.rs"]
mod tests;
