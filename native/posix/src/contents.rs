//! Reading and writing what is open.

use crate::errno::{Errno, check, check_length, uninterrupted};
use std::os::fd::RawFd;

/// Reads what there is, at most as much as fits; nothing at the end. Interrupted by a signal it returns
/// EINTR, so that the caller may look whether to go on.
pub fn read(fd: RawFd, out: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the slice has as many bytes as it says.
    check_length(unsafe { libc::read(fd, out.as_mut_ptr().cast(), out.len()) })
}

/// Reads at an offset until the slice is full or the file ends.
pub fn read_at(fd: RawFd, out: &mut [u8], offset: i64) -> Result<usize, Errno> {
    let mut done = 0;
    while done < out.len() {
        let rest = &mut out[done..];
        let at = offset.saturating_add_unsigned(done as u64);
        let got = uninterrupted(|| {
            // SAFETY: the slice has as many bytes as it says.
            check_length(unsafe { libc::pread(fd, rest.as_mut_ptr().cast(), rest.len(), at) })
        })?;
        if got == 0 {
            break;
        }
        done += got;
    }
    Ok(done)
}

/// Reads what there is at an offset into one slice and then into another, which may be empty. Interrupted
/// by a signal it returns EINTR.
pub fn read_at_in_two(
    fd: RawFd,
    first: &mut [u8],
    second: &mut [u8],
    offset: i64,
) -> Result<usize, Errno> {
    let pieces = [first, second].map(|piece| libc::iovec {
        iov_base: piece.as_mut_ptr().cast(),
        iov_len: piece.len(),
    });
    // SAFETY: both pieces have as many bytes as they say.
    check_length(unsafe { libc::preadv(fd, pieces.as_ptr(), 2, offset) })
}

/// Reads at the descriptor's own position, as pipes have it, until the slice is full or it ends. An
/// error that comes after some bytes is told by the next call.
pub fn read_next(fd: RawFd, out: &mut [u8]) -> Result<usize, Errno> {
    let mut done = 0;
    while done < out.len() {
        match read(fd, &mut out[done..]) {
            Ok(0) => break,
            Ok(got) => done += got,
            Err(libc::EINTR) => {}
            // Made non-blocking, perhaps by somebody else.
            Err(libc::EAGAIN) => {
                wait_readable(fd, -1);
            }
            Err(errno) if done == 0 => return Err(errno),
            Err(_) => break,
        }
    }
    Ok(done)
}

/// Writes some of the bytes at the descriptor's own position. Interrupted by a signal it returns EINTR,
/// so that the caller may look whether to go on.
pub fn write(fd: RawFd, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the slice has as many bytes as it says.
    check_length(unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) })
}

/// Writes all bytes at an offset. Some of them may have been written when it fails.
pub fn write_at(fd: RawFd, mut bytes: &[u8], mut offset: i64) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let put = uninterrupted(|| {
            // SAFETY: the slice has as many bytes as it says.
            check_length(unsafe { libc::pwrite(fd, bytes.as_ptr().cast(), bytes.len(), offset) })
        })?;
        if put == 0 {
            // Nothing written and no reason given: going on would not end.
            return Err(libc::EIO);
        }
        bytes = &bytes[put..];
        offset = offset.saturating_add_unsigned(put as u64);
    }
    Ok(())
}

/// The next entries of an open directory as `struct linux_dirent64`: number of bytes, 0 at the end. An
/// error may come in the middle of a directory.
pub fn read_directory(fd: RawFd, out: &mut [u8]) -> Result<usize, Errno> {
    uninterrupted(|| {
        let (start, length) = (out.as_mut_ptr(), out.len());
        // SAFETY: the kernel writes at most as many bytes as the slice has.
        let got = unsafe { libc::syscall(libc::SYS_getdents64, fd, start, length) };
        check_length(got as isize)
    })
}

/// Moves the place that is read next, or finds data or a hole (`SEEK_*`).
pub fn seek(fd: RawFd, offset: i64, whence: i32) -> Result<i64, Errno> {
    // SAFETY: takes no memory.
    check_length(unsafe { libc::lseek(fd, offset, whence) } as isize).map(|at| at as i64)
}

/// Waits until there is something to read, the other side has ended, or the time is over (never, if
/// negative). Returns whether there is something to be had; interrupted by a signal, there is not.
pub fn wait_readable(fd: RawFd, milliseconds: i32) -> bool {
    wait_for(libc::POLLIN, fd, milliseconds)
}

/// The same until something may be written.
pub fn wait_writable(fd: RawFd, milliseconds: i32) -> bool {
    wait_for(libc::POLLOUT, fd, milliseconds)
}

fn wait_for(events: libc::c_short, fd: RawFd, milliseconds: i32) -> bool {
    let mut poll = libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    // SAFETY: one entry, which outlives the call.
    unsafe { libc::poll(&mut poll, 1, milliseconds) > 0 }
}

/// Cuts a file off, or extends it with zeros.
pub fn truncate(fd: RawFd, size: i64) -> Result<(), Errno> {
    // SAFETY: takes no memory.
    uninterrupted(|| check(unsafe { libc::ftruncate(fd, size) })).map(drop)
}

/// Waits until a file or folder is on disk. Called once: an error is reported once.
pub fn sync_file(fd: RawFd) -> Result<(), Errno> {
    // SAFETY: takes no memory.
    uninterrupted(|| check(unsafe { libc::fsync(fd) })).map(drop)
}

/// Waits until everything on the file system of an open file is on disk. Called once as well: reports
/// what has failed since the descriptor was opened.
pub fn sync_file_system(fd: RawFd) -> Result<(), Errno> {
    // SAFETY: takes no memory.
    uninterrupted(|| check(unsafe { libc::syncfs(fd) })).map(drop)
}
