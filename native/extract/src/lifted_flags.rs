//! Files that are sealed against further names.

use pbs_native_posix::{self as posix, Errno};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// What keeps a file from getting further names.
const SEALING_FLAGS: u32 = 0x10 | 0x20;

/// Takes the flags from a file for as long as it gets another name, and gives them back.
pub struct LiftedFlags {
    fd: OwnedFd,
    flags: u32,
}

impl LiftedFlags {
    /// None if no flag of `mask` is in the way.
    pub fn lift(fd: OwnedFd, mask: u32) -> Option<Self> {
        let flags = posix::linux_flags(fd.as_raw_fd()).ok()?;
        if flags & SEALING_FLAGS & mask == 0 {
            return None;
        }
        posix::set_linux_flags(fd.as_raw_fd(), flags & !(SEALING_FLAGS & mask)).ok()?;
        Some(LiftedFlags { fd, flags })
    }

    pub fn put_back(self) -> Result<(), Errno> {
        posix::set_linux_flags(self.fd.as_raw_fd(), self.flags)
    }
}

/// Takes all flags of `mask` from an entry; those it cannot be without stay.
pub fn clear_linux_flags(fd: RawFd, mask: u32) {
    if let Ok(flags) = posix::linux_flags(fd)
        && flags & mask != 0
    {
        let unsealed = flags & !(SEALING_FLAGS & mask);
        if posix::set_linux_flags(fd, flags & !mask).is_err() && unsealed != flags {
            let _ = posix::set_linux_flags(fd, unsealed);
        }
    }
}
