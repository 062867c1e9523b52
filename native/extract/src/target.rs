//! Opening, and making, the target directory.

use pbs_native_posix::{self as posix, Errno};
use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;

/// Opens a directory. Where it does not exist it is made, with mode 0700, and its parents with 0755
/// (spec: pxar.md §6.3). Symbolic links are followed: the path is the user's.
pub fn open_target(path: &CStr) -> Result<OwnedFd, Errno> {
    match open(path) {
        Err(libc::ENOENT) => {}
        other => return other,
    }
    let bytes = path.to_bytes();
    let end = bytes.len() - bytes.iter().rev().take_while(|byte| **byte == b'/').count();
    for at in 1..=end {
        let last = at == end;
        if !last && bytes[at] != b'/' {
            continue;
        }
        let prefix = CString::new(&bytes[..at]).map_err(|_| libc::EINVAL)?;
        match posix::make_directory(libc::AT_FDCWD, &prefix, if last { 0o700 } else { 0o755 }) {
            Ok(()) | Err(libc::EEXIST) => {}
            // Something above exists and cannot be changed, which may be no obstacle.
            Err(libc::EROFS | libc::EACCES | libc::EPERM) if !last => {}
            Err(errno) => return Err(errno),
        }
    }
    open(path)
}

fn open(path: &CStr) -> Result<OwnedFd, Errno> {
    posix::open_at(libc::AT_FDCWD, path, libc::O_RDONLY | libc::O_DIRECTORY, 0)
}
