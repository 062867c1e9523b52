//! Opening and closing. A descriptor that is opened here is not inherited by other programs.

use crate::errno::{Errno, check, uninterrupted};
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

/// What `openat2` is told to look up a path by (`struct open_how`).
#[repr(C)]
struct OpenHow {
    flags: u64,
    mode: u64,
    resolve: u64,
}

fn owned(result: Result<libc::c_int, Errno>) -> Result<OwnedFd, Errno> {
    // SAFETY: a call has just made this descriptor, and nobody else knows it.
    result.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Opens what is at a path, relative to a directory.
pub fn open_at(dir: RawFd, path: &CStr, flags: i32, mode: u32) -> Result<OwnedFd, Errno> {
    let flags = flags | libc::O_CLOEXEC | libc::O_NOCTTY;
    owned(uninterrupted(|| {
        // SAFETY: the path ends in NUL, and that is all the kernel reads.
        check(unsafe { libc::openat(dir, path.as_ptr(), flags, mode) })
    }))
}

/// Opens a directory, never through a symbolic link in the last component.
pub fn open_directory(dir: RawFd, name: &CStr) -> Result<OwnedFd, Errno> {
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW;
    open_at(dir, name, flags, 0)
}

/// Opens a directory below `root` without following any symbolic link and without leaving `root`.
/// `path` is relative, with validated components.
pub fn open_beneath(root: RawFd, path: &CStr) -> Result<OwnedFd, Errno> {
    let flags = libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC;
    let resolve = libc::RESOLVE_BENEATH | libc::RESOLVE_NO_SYMLINKS | libc::RESOLVE_NO_MAGICLINKS;
    match open_by(root, path, flags, resolve) {
        // Unknown to the kernel, or forbidden by a container's filter.
        Err(libc::ENOSYS | libc::EPERM | libc::EINVAL) => open_componentwise(root, path),
        other => other,
    }
}

/// Opens what is at a path as if `root` were the root: symbolic links are followed within it, and `..`
/// stays within it. Other mounts are not entered. ENOSYS for kernels before 5.6.
pub fn open_in_root(root: RawFd, path: &CStr, flags: i32) -> Result<OwnedFd, Errno> {
    let resolve = libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS | libc::RESOLVE_NO_XDEV;
    // Unlike the others, this call takes nothing beside O_PATH that has no meaning with it.
    let quiet = if flags & libc::O_PATH == 0 {
        libc::O_NOCTTY
    } else {
        0
    };
    let flags = flags | libc::O_CLOEXEC | quiet;
    uninterrupted(|| open_by(root, path, flags, resolve))
}

fn open_by(root: RawFd, path: &CStr, flags: i32, resolve: u64) -> Result<OwnedFd, Errno> {
    let how = OpenHow {
        flags: flags as u64,
        mode: 0,
        resolve,
    };
    let size = size_of::<OpenHow>();
    // SAFETY: the path ends in NUL, and `how` is the structure of the size given.
    let result =
        unsafe { libc::syscall(libc::SYS_openat2, root, path.as_ptr(), &raw const how, size) };
    owned(check(result as libc::c_int))
}

/// The same for kernels without `openat2`.
fn open_componentwise(root: RawFd, path: &CStr) -> Result<OwnedFd, Errno> {
    let flags = libc::O_PATH | libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let mut current: Option<OwnedFd> = None;
    for component in path.to_bytes().split(|byte| *byte == b'/') {
        let name = CString::new(component).map_err(|_| libc::EINVAL)?;
        let at = current.as_ref().map_or(root, AsRawFd::as_raw_fd);
        current = Some(open_at(at, &name, flags, 0)?);
    }
    current.ok_or(libc::EINVAL)
}

/// Another descriptor of an open file.
pub fn duplicate(fd: RawFd) -> Result<OwnedFd, Errno> {
    // SAFETY: takes no memory.
    owned(check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) }))
}

/// Closes and reports what a file system says only then: network file systems and quotas tell now
/// that what was written is lost. The descriptor is gone in any case.
pub fn close(fd: OwnedFd) -> Result<(), Errno> {
    // SAFETY: takes no memory; the descriptor was owned and is given up.
    match check(unsafe { libc::close(fd.into_raw_fd()) }) {
        // Linux has closed it, and what is interrupted is the waiting for it.
        Err(libc::EINTR) => Ok(()),
        other => other.map(drop),
    }
}

#[cfg(test)]
#[path = "opening_test.rs"]
mod tests;
