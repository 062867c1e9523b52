//! Loop devices: block devices that show a file (`linux/loop.h`).

use crate::errno::{Errno, check, uninterrupted};
use std::os::fd::RawFd;

const LOOP_SET_FD: libc::c_ulong = 0x4c00;
const LOOP_CLR_FD: libc::c_ulong = 0x4c01;
const LOOP_SET_STATUS64: libc::c_ulong = 0x4c04;
const LOOP_CONFIGURE: libc::c_ulong = 0x4c0a;
const LOOP_CTL_GET_FREE: libc::c_ulong = 0x4c82;

/// `struct loop_info64`.
#[repr(C)]
struct Status {
    /// Device, inode, rdevice, offset, size limit.
    places: [u64; 5],
    /// Number, kind and size of a key.
    numbers: [u32; 3],
    flags: u32,
    names_and_key: [u8; 64 + 64 + 32],
    init: [u64; 2],
}

/// `struct loop_config`.
#[repr(C)]
struct Config {
    file: u32,
    /// 0 for what the kernel thinks best.
    block_size: u32,
    status: Status,
    reserved: [u64; 8],
}

const _: () = assert!(size_of::<Status>() == 232 && size_of::<Config>() == 304);

fn status(flags: u32) -> Status {
    Status {
        places: [0; 5],
        numbers: [0; 3],
        flags,
        names_and_key: [0; 160],
        init: [0; 2],
    }
}

/// The number of a device that nobody used a moment ago, made if there was none. `control` is
/// `/dev/loop-control`.
pub fn find_free_loop(control: RawFd) -> Result<i32, Errno> {
    // SAFETY: takes no memory.
    uninterrupted(|| check(unsafe { libc::ioctl(control, LOOP_CTL_GET_FREE as _) }))
}

/// Lets a device show a file, with `LO_FLAGS_*`. Reads of the file, for partitions among others, are
/// under way before this returns. EBUSY if the device shows one already.
pub fn attach_loop(device: RawFd, file: RawFd, flags: u32) -> Result<(), Errno> {
    let config = Config {
        file: file as u32,
        block_size: 0,
        status: status(flags),
        reserved: [0; 8],
    };
    // SAFETY: `config` is of the type that the call reads, and outlives it.
    let done = check(unsafe { libc::ioctl(device, LOOP_CONFIGURE as _, &raw const config) });
    match done {
        // Linux has the call since 5.8.
        Err(libc::EINVAL | libc::ENOTTY | libc::ENOSYS) => attach_in_steps(device, file, flags),
        done => done.map(drop),
    }
}

fn attach_in_steps(device: RawFd, file: RawFd, flags: u32) -> Result<(), Errno> {
    // SAFETY: takes no memory.
    check(unsafe { libc::ioctl(device, LOOP_SET_FD as _, file) })?;
    let status = status(flags);
    let done = uninterrupted(|| {
        // SAFETY: `status` is of the type that the call reads, and outlives it.
        check(unsafe { libc::ioctl(device, LOOP_SET_STATUS64 as _, &raw const status) })
    });
    if done.is_err() {
        // The error that counts is the first one.
        let _ = detach_loop(device);
    }
    done.map(drop)
}

/// Takes the file away from a device; while others have the device open, when the last of them closes
/// it. ENXIO if it shows none.
pub fn detach_loop(device: RawFd) -> Result<(), Errno> {
    // SAFETY: takes no memory.
    uninterrupted(|| check(unsafe { libc::ioctl(device, LOOP_CLR_FD as _) })).map(drop)
}
