//! Attribute flags of files and what else only `ioctl` knows. Not every file system has them.

use crate::errno::{Errno, check};
use std::os::fd::RawFd;

const FS_IOC_GETFLAGS: libc::c_ulong = 0x8008_6601;
const FS_IOC_SETFLAGS: libc::c_ulong = 0x4008_6602;
const FS_IOC_FSGETXATTR: libc::c_ulong = 0x801c_581f;
const FS_IOC_FSSETXATTR: libc::c_ulong = 0x401c_5820;
const FAT_IOCTL_GET_ATTRIBUTES: libc::c_ulong = 0x8004_7210;
const FAT_IOCTL_SET_ATTRIBUTES: libc::c_ulong = 0x4004_7211;

/// `struct fsxattr`: flags, extent size, number of extents, project id, extent size for copies, and 8
/// bytes of padding.
type ExtendedFlags = [u32; 7];
const PROJECT_ID: usize = 3;

/// Whether an error says that a file system, or a kind of entry, has no such attributes.
pub fn means_no_attributes(errno: Errno) -> bool {
    matches!(
        errno,
        libc::ENOTTY | libc::ENOSYS | libc::EBADF | libc::EOPNOTSUPP | libc::EINVAL
    )
}

/// Calls `ioctl` with memory that the kernel reads, or fills in.
///
/// # Safety
/// The request takes a `T`, and every bit pattern is one.
unsafe fn control<T>(fd: RawFd, request: libc::c_ulong, value: &mut T) -> Result<(), Errno> {
    // SAFETY: the memory is as large as the request says, see the caller.
    check(unsafe { libc::ioctl(fd, request as _, &raw mut *value) }).map(drop)
}

/// Bits of `FS_IOC_GETFLAGS`.
pub fn linux_flags(fd: RawFd) -> Result<u32, Errno> {
    // The request number says a long, the kernel writes an int; file systems in user space may go by
    // the number.
    let mut flags: u64 = 0;
    // SAFETY: at most a long is written.
    unsafe { control(fd, FS_IOC_GETFLAGS, &mut flags) }?;
    Ok(flags as u32)
}

/// Sets the bits of `FS_IOC_SETFLAGS`, all of them.
pub fn set_linux_flags(fd: RawFd, flags: u32) -> Result<(), Errno> {
    let mut flags = u64::from(flags);
    // SAFETY: at most a long is read.
    unsafe { control(fd, FS_IOC_SETFLAGS, &mut flags) }
}

/// Attributes of a file on a FAT file system.
pub fn fat_attributes(fd: RawFd) -> Result<u32, Errno> {
    let mut attributes: u32 = 0;
    // SAFETY: a u32 is written.
    unsafe { control(fd, FAT_IOCTL_GET_ATTRIBUTES, &mut attributes) }?;
    Ok(attributes)
}

pub fn set_fat_attributes(fd: RawFd, mut attributes: u32) -> Result<(), Errno> {
    // SAFETY: a u32 is read.
    unsafe { control(fd, FAT_IOCTL_SET_ATTRIBUTES, &mut attributes) }
}

fn extended_flags(fd: RawFd) -> Result<ExtendedFlags, Errno> {
    let mut fields = ExtendedFlags::default();
    // SAFETY: 28 bytes are written, as many as there are.
    unsafe { control(fd, FS_IOC_FSGETXATTR, &mut fields) }?;
    Ok(fields)
}

/// Id of the project whose quota a file counts for.
pub fn project_id(fd: RawFd) -> Result<u32, Errno> {
    extended_flags(fd).map(|fields| fields[PROJECT_ID])
}

/// Sets it, and leaves what is beside it.
pub fn set_project_id(fd: RawFd, id: u32) -> Result<(), Errno> {
    let mut fields = extended_flags(fd)?;
    fields[PROJECT_ID] = id;
    // SAFETY: 28 bytes are read, as many as there are.
    unsafe { control(fd, FS_IOC_FSSETXATTR, &mut fields) }
}

#[cfg(test)]
#[path = "attributes_test.rs"]
mod tests;
