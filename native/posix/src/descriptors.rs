//! Calls on an open file.

use crate::result::{length, status, uninterrupted};

/// Closes a descriptor. An error says that what was written may be lost: network file systems and
/// quotas tell only now. The descriptor is gone in any case.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_close(fd: i32) -> i32 {
    // SAFETY: closing takes no memory; the number is the caller's to give.
    match status(unsafe { libc::close(fd) }) {
        // Linux has closed it, and what is interrupted is the waiting for it.
        interrupted if interrupted == -libc::EINTR => 0,
        result => result,
    }
}

/// Reads at an offset until `len` bytes are there or the file ends. Returns the number of bytes.
///
/// # Safety
/// `out` points to `len` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_read_at(fd: i32, out: *mut u8, len: usize, offset: i64) -> i64 {
    let mut done = 0;
    while done < len {
        let at = offset.saturating_add_unsigned(done as u64);
        // SAFETY: `done` is below `len`, so this is the rest of the caller's memory.
        let got = length(unsafe { libc::pread(fd, out.add(done).cast(), len - done, at) });
        match got {
            0 => break,
            _ if got == -i64::from(libc::EINTR) => {}
            _ if got < 0 => return got,
            _ => done += got as usize,
        }
    }
    done as i64
}

/// Reads at the descriptor's own position, as pipes have it, until `len` bytes are there or it ends.
/// Returns the number of bytes; an error that comes after some of them is told by the next call.
///
/// # Safety
/// `out` points to `len` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_read_next(fd: i32, out: *mut u8, len: usize) -> i64 {
    let mut done = 0;
    while done < len {
        // SAFETY: `done` is below `len`, so this is the rest of the caller's memory.
        let got = length(unsafe { libc::read(fd, out.add(done).cast(), len - done) });
        match got {
            0 => break,
            _ if got == -i64::from(libc::EINTR) => {}
            _ if got == -i64::from(libc::EAGAIN) => wait_readable(fd),
            _ if got < 0 && done == 0 => return got,
            _ if got < 0 => break,
            _ => done += got as usize,
        }
    }
    done as i64
}

/// Waits until a descriptor that was made non-blocking, perhaps by somebody else, has bytes.
fn wait_readable(fd: i32) {
    let mut poll = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one entry, which outlives the call.
    unsafe { libc::poll(&mut poll, 1, -1) };
}

/// Writes all bytes at an offset. Some of them may have been written when it fails.
///
/// # Safety
/// `bytes` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_write_at(fd: i32, bytes: *const u8, len: usize, offset: i64) -> i32 {
    let mut done = 0;
    while done < len {
        let at = offset.saturating_add_unsigned(done as u64);
        // SAFETY: `done` is below `len`, so this is the rest of the caller's memory.
        let put = length(unsafe { libc::pwrite(fd, bytes.add(done).cast(), len - done, at) });
        match put {
            // Nothing written and no reason given: going on would not end.
            0 => return -libc::EIO,
            _ if put == -i64::from(libc::EINTR) => {}
            _ if put < 0 => return put as i32,
            _ => done += put as usize,
        }
    }
    0
}

/// Reads the next entries of an open directory as `struct linux_dirent64`. Returns the number of bytes,
/// 0 at the end, and an error that comes in the middle of a directory.
///
/// # Safety
/// `out` points to `len` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_read_folder(fd: i32, out: *mut u8, len: usize) -> i64 {
    loop {
        // SAFETY: the kernel writes at most `len` bytes into the caller's memory.
        let got = length(unsafe { libc::syscall(libc::SYS_getdents64, fd, out, len) } as isize);
        if got != -i64::from(libc::EINTR) {
            return got;
        }
    }
}

/// Cuts a file off, or extends it with zeros.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_truncate(fd: i32, size: i64) -> i32 {
    // SAFETY: takes no memory.
    uninterrupted(|| unsafe { libc::ftruncate(fd, size) })
}

/// Sets the permission bits.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_change_mode(fd: i32, mode: u32) -> i32 {
    // SAFETY: takes no memory.
    uninterrupted(|| unsafe { libc::fchmod(fd, mode) })
}

/// Sets the owner.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_change_owner(fd: i32, uid: u32, gid: u32) -> i32 {
    // SAFETY: takes no memory.
    uninterrupted(|| unsafe { libc::fchown(fd, uid, gid) })
}

/// Waits until a file or folder is on disk. Called once: an error is reported once.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_sync_file(fd: i32) -> i32 {
    // SAFETY: takes no memory.
    uninterrupted(|| unsafe { libc::fsync(fd) })
}

/// Waits until everything on the file system of an open file is on disk. Called once as well: reports
/// what has failed since the descriptor was opened.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_sync_file_system(fd: i32) -> i32 {
    // SAFETY: takes no memory.
    uninterrupted(|| unsafe { libc::syncfs(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::{AsRawFd, IntoRawFd};

    #[test]
    fn failed_calls_return_the_error_number() {
        let mut byte = 0u8;
        assert_eq!(pbs_close(-1), -libc::EBADF);
        assert_eq!(pbs_sync_file(-1), -libc::EBADF);
        assert_eq!(pbs_sync_file_system(-1), -libc::EBADF);
        assert_eq!(pbs_truncate(-1, 0), -libc::EBADF);
        assert_eq!(pbs_change_mode(-1, 0), -libc::EBADF);
        assert_eq!(pbs_change_owner(-1, 0, 0), -libc::EBADF);
        // SAFETY: one byte is there.
        unsafe {
            assert_eq!(pbs_read_at(-1, &mut byte, 1, 0), -i64::from(libc::EBADF));
            assert_eq!(pbs_write_at(-1, &byte, 1, 0), -libc::EBADF);
        }
    }

    #[test]
    fn a_write_that_does_not_fit_fails_after_the_part_that_does() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let full = full.unwrap();
        // SAFETY: the bytes are there.
        let status = unsafe { pbs_write_at(full.as_raw_fd(), b"abc".as_ptr(), 3, 0) };
        assert_eq!(status, -libc::ENOSPC);
        assert_eq!(pbs_close(full.into_raw_fd()), 0);
    }

    #[test]
    fn reading_ends_with_the_file() {
        let path = std::env::temp_dir().join(format!("pbs-posix-{}", std::process::id()));
        std::fs::write(&path, "content").unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let mut out = [0u8; 16];
        // SAFETY: 16 bytes are there.
        let got = unsafe { pbs_read_at(file.as_raw_fd(), out.as_mut_ptr(), 16, 3) };
        assert_eq!((got, &out[..4]), (4, &b"tent"[..]));
        std::fs::remove_file(&path).unwrap();
    }
}
