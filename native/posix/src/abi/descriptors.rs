//! Calls on an open file.

use crate::errno::Errno;
use crate::opening::close;
use crate::{contents, metadata};
use pbs_native_interface::{answer, bytes, bytes_mut, long_answer};
use std::os::fd::{FromRawFd, OwnedFd};

/// A length, or a negative error number.
fn length(result: Result<usize, Errno>) -> i64 {
    long_answer(result.map(|length| length as i64))
}

/// Closes a descriptor. An error says that what was written may be lost: network file systems and
/// quotas tell only now. The descriptor is gone in any case.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_close(fd: i32) -> i32 {
    if fd < 0 {
        return -libc::EBADF;
    }
    // SAFETY: the number is the caller's to give, and a descriptor it does not know is not harmed by
    // closing a number that is none.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    answer(close(fd).map(|()| 0))
}

/// Reads at an offset until `len` bytes are there or the file ends. Returns the number of bytes.
///
/// # Safety
/// `out` points to `len` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_read_at(fd: i32, out: *mut u8, len: usize, offset: i64) -> i64 {
    // SAFETY: the caller vouches for the bytes.
    length(unsafe { bytes_mut(out, len) }.and_then(|out| contents::read_at(fd, out, offset)))
}

/// Reads at the descriptor's own position, as pipes have it, until `len` bytes are there or it ends.
/// Returns the number of bytes; an error that comes after some of them is told by the next call.
///
/// # Safety
/// `out` points to `len` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_read_next(fd: i32, out: *mut u8, len: usize) -> i64 {
    // SAFETY: the caller vouches for the bytes.
    length(unsafe { bytes_mut(out, len) }.and_then(|out| contents::read_next(fd, out)))
}

/// Writes all bytes at an offset. Some of them may have been written when it fails.
///
/// # Safety
/// `bytes` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_write_at(fd: i32, data: *const u8, len: usize, offset: i64) -> i32 {
    // SAFETY: the caller vouches for the bytes.
    let written = unsafe { bytes(data, len) }.and_then(|data| contents::write_at(fd, data, offset));
    answer(written.map(|()| 0))
}

/// Reads the next entries of an open directory as `struct linux_dirent64`. Returns the number of bytes,
/// 0 at the end, and an error that comes in the middle of a directory.
///
/// # Safety
/// `out` points to `len` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_read_folder(fd: i32, out: *mut u8, len: usize) -> i64 {
    // SAFETY: the caller vouches for the bytes.
    length(unsafe { bytes_mut(out, len) }.and_then(|out| contents::read_directory(fd, out)))
}

/// Cuts a file off, or extends it with zeros.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_truncate(fd: i32, size: i64) -> i32 {
    answer(contents::truncate(fd, size).map(|()| 0))
}

/// Sets the permission bits.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_change_mode(fd: i32, mode: u32) -> i32 {
    answer(metadata::set_mode(fd, mode).map(|()| 0))
}

/// Sets the owner.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_change_owner(fd: i32, uid: u32, gid: u32) -> i32 {
    answer(metadata::set_owner(fd, uid, gid).map(|()| 0))
}

/// Waits until a file or folder is on disk. Called once: an error is reported once.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_sync_file(fd: i32) -> i32 {
    answer(contents::sync_file(fd).map(|()| 0))
}

/// Waits until everything on the file system of an open file is on disk. Called once as well: reports
/// what has failed since the descriptor was opened.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_sync_file_system(fd: i32) -> i32 {
    answer(contents::sync_file_system(fd).map(|()| 0))
}

#[cfg(test)]
#[path = "descriptors_test.rs"]
mod tests;
