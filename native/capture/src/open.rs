//! Opening entries relative to a directory without disturbing them.

use std::ffi::CStr;
use std::os::fd::{OwnedFd, RawFd};

use pbs_native_posix as posix;
use posix::{Errno, stat_at};

/// `openat` for reading, without changing the access time where that is allowed.
pub fn open_at(dir: RawFd, name: &CStr, flags: i32) -> Result<OwnedFd, Errno> {
    let open = |flags: i32| posix::open_at(dir, name, libc::O_RDONLY | flags, 0);
    // A fifo put in place of a file must not block.
    let careful = flags | libc::O_NONBLOCK;
    match open(careful | libc::O_NOATIME) {
        Err(libc::EPERM) => open(careful),
        // Somebody holds a lease on the file: wait until it is given back.
        Err(libc::EAGAIN) if is_regular(dir, name) => open(flags),
        other => other,
    }
}

fn is_regular(dir: RawFd, name: &CStr) -> bool {
    stat_at(dir, name).is_ok_and(|stat| stat.st_mode & libc::S_IFMT == libc::S_IFREG)
}

/// Whether an entry is a directory, asked for where the listing does not tell.
pub fn is_directory(dir: RawFd, name: &CStr) -> Result<bool, Errno> {
    Ok(stat_at(dir, name)?.st_mode & libc::S_IFMT == libc::S_IFDIR)
}
