//! Mounting file systems of block devices.

use crate::errno::{Errno, check};
use std::ffi::CStr;

/// Mounts a device, with `MS_*` flags. The data is what the file system calls its options. Not repeated
/// when a signal interrupts it: then it may have been mounted.
pub fn mount(
    source: &CStr,
    target: &CStr,
    kind: &CStr,
    flags: u32,
    data: &CStr,
) -> Result<(), Errno> {
    // SAFETY: all of them end in NUL, and that is all the kernel reads.
    check(unsafe {
        libc::mount(
            source.as_ptr(),
            target.as_ptr(),
            kind.as_ptr(),
            libc::c_ulong::from(flags),
            data.as_ptr().cast(),
        )
    })
    .map(drop)
}
