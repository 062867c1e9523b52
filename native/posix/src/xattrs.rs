//! Extended attributes.

use crate::errno::{Errno, check, check_length};
use std::ffi::CStr;
use std::os::fd::RawFd;

/// The names, each followed by NUL. ERANGE if they do not fit.
pub fn list_xattrs(fd: RawFd, out: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the slice has as many bytes as it says.
    check_length(unsafe { libc::flistxattr(fd, out.as_mut_ptr().cast(), out.len()) })
}

/// A value. ERANGE if it does not fit; into no bytes every value fits, and its length is told.
pub fn get_xattr(fd: RawFd, name: &CStr, out: &mut [u8]) -> Result<usize, Errno> {
    let (start, length) = (out.as_mut_ptr().cast(), out.len());
    // SAFETY: the name ends in NUL, and the slice has as many bytes as it says.
    check_length(unsafe { libc::fgetxattr(fd, name.as_ptr(), start, length) })
}

pub fn set_xattr(fd: RawFd, name: &CStr, value: &[u8]) -> Result<(), Errno> {
    let (start, length) = (value.as_ptr().cast(), value.len());
    // SAFETY: the name ends in NUL, and the slice has as many bytes as it says.
    check(unsafe { libc::fsetxattr(fd, name.as_ptr(), start, length, 0) }).map(drop)
}

/// The same of a path, symbolic links followed.
pub fn set_xattr_at(path: &CStr, name: &CStr, value: &[u8]) -> Result<(), Errno> {
    let (start, length) = (value.as_ptr().cast(), value.len());
    // SAFETY: path and name end in NUL, and the slice has as many bytes as it says.
    check(unsafe { libc::setxattr(path.as_ptr(), name.as_ptr(), start, length, 0) }).map(drop)
}

pub fn remove_xattr(fd: RawFd, name: &CStr) -> Result<(), Errno> {
    // SAFETY: the name ends in NUL.
    check(unsafe { libc::fremovexattr(fd, name.as_ptr()) }).map(drop)
}

/// The same of a path, symbolic links followed.
pub fn remove_xattr_at(path: &CStr, name: &CStr) -> Result<(), Errno> {
    // SAFETY: path and name end in NUL.
    check(unsafe { libc::removexattr(path.as_ptr(), name.as_ptr()) }).map(drop)
}
