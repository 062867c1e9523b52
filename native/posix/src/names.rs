//! Making, removing and reading names in directories. Symbolic links are not followed.

use crate::errno::{Errno, check, check_length};
use std::ffi::CStr;
use std::os::fd::RawFd;

pub fn make_directory(dir: RawFd, path: &CStr, mode: u32) -> Result<(), Errno> {
    // SAFETY: the path ends in NUL.
    check(unsafe { libc::mkdirat(dir, path.as_ptr(), mode) }).map(drop)
}

/// A device, named pipe or socket.
pub fn make_node(dir: RawFd, path: &CStr, mode: u32, device: libc::dev_t) -> Result<(), Errno> {
    // SAFETY: the path ends in NUL.
    check(unsafe { libc::mknodat(dir, path.as_ptr(), mode, device) }).map(drop)
}

pub fn make_symlink(dir: RawFd, path: &CStr, target: &CStr) -> Result<(), Errno> {
    // SAFETY: both end in NUL.
    check(unsafe { libc::symlinkat(target.as_ptr(), dir, path.as_ptr()) }).map(drop)
}

/// Another name of what is at `from`.
pub fn link(from_dir: RawFd, from: &CStr, dir: RawFd, path: &CStr) -> Result<(), Errno> {
    // SAFETY: both paths end in NUL.
    check(unsafe { libc::linkat(from_dir, from.as_ptr(), dir, path.as_ptr(), 0) }).map(drop)
}

/// Replaces what is there.
pub fn rename(dir: RawFd, from: &CStr, to: &CStr) -> Result<(), Errno> {
    // SAFETY: both paths end in NUL.
    check(unsafe { libc::renameat(dir, from.as_ptr(), dir, to.as_ptr()) }).map(drop)
}

/// Fails with EEXIST if there is something already. Where the file system cannot do that in one step, the
/// file has both names for a moment.
pub fn rename_new(dir: RawFd, from: &CStr, to: &CStr) -> Result<(), Errno> {
    let (old, new, flags) = (from.as_ptr(), to.as_ptr(), libc::RENAME_NOREPLACE);
    // SAFETY: both paths end in NUL.
    let result = unsafe { libc::syscall(libc::SYS_renameat2, dir, old, dir, new, flags) };
    match check(result as libc::c_int) {
        Err(libc::EINVAL | libc::ENOSYS) => {
            link(dir, from, dir, to)?;
            remove(dir, from, 0)
        }
        result => result.map(drop),
    }
}

/// Removes a name that is no directory, or with `AT_REMOVEDIR` an empty directory.
pub fn remove(dir: RawFd, path: &CStr, flags: i32) -> Result<(), Errno> {
    // SAFETY: the path ends in NUL.
    check(unsafe { libc::unlinkat(dir, path.as_ptr(), flags) }).map(drop)
}

/// Reads where a symbolic link leads to. If the slice is full there may be more.
pub fn read_link(dir: RawFd, path: &CStr, out: &mut [u8]) -> Result<usize, Errno> {
    let (start, length) = (out.as_mut_ptr().cast(), out.len());
    // SAFETY: the path ends in NUL, and the slice has as many bytes as it says.
    check_length(unsafe { libc::readlinkat(dir, path.as_ptr(), start, length) })
}
