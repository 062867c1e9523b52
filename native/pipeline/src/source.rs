//! Files that are read into a stream.

use crate::filler::{Errno, fail};
use crate::stream::{FailureKind, Stream};
use std::os::fd::{AsRawFd, OwnedFd};

/// Splices from here on are asked what they are: only regular files never keep a read waiting.
const LARGE_SPLICE: u64 = 1024 * 1024;
const POLL_MILLISECONDS: i32 = 100;

/// A file being read into the stream.
pub struct Source {
    pub fd: OwnedFd,
    pub left: u64,
    pub tag: u64,
    /// The file ended early: the rest is zeros.
    pub exhausted: bool,
    /// Reads may wait for long: poll first, to notice an abort.
    waits: bool,
    /// Up to here the file is not asked for holes: it has data, or knows of none.
    pub data_until: i64,
}

impl Source {
    pub fn new(fd: OwnedFd, size: u64, tag: u64) -> Self {
        let large = size >= LARGE_SPLICE;
        let regular = large && is_regular(&fd);
        Self {
            fd,
            left: size,
            tag,
            exhausted: false,
            waits: large && !regular,
            data_until: if regular { 0 } else { i64::MAX },
        }
    }
}

pub fn last_errno() -> Option<i32> {
    std::io::Error::last_os_error().raw_os_error()
}

fn is_regular(fd: &OwnedFd) -> bool {
    let mut status = std::mem::MaybeUninit::<libc::stat>::uninit();
    unsafe {
        libc::fstat(fd.as_raw_fd(), status.as_mut_ptr()) == 0
            && (status.assume_init().st_mode & libc::S_IFMT) == libc::S_IFREG
    }
}

/// Reads what there is, at most as much as fits; nothing at the end of the file.
pub fn read_some(stream: &Stream, source: &Source, target: &mut [u8]) -> Result<usize, Errno> {
    loop {
        if source.waits {
            wait_readable(stream, source)?;
        }
        let got = unsafe {
            libc::read(
                source.fd.as_raw_fd(),
                target.as_mut_ptr().cast(),
                target.len(),
            )
        };
        if got >= 0 {
            return Ok(got as usize);
        }
        match last_errno() {
            Some(libc::EINTR) => {}
            Some(libc::EAGAIN) => wait_readable(stream, source)?,
            errno => {
                let errno = errno.unwrap_or(libc::EIO);
                return Err(fail(stream, FailureKind::Read, errno, source.tag));
            }
        }
    }
}

fn wait_readable(stream: &Stream, source: &Source) -> Result<(), Errno> {
    let mut poll = libc::pollfd {
        fd: source.fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    while unsafe { libc::poll(&mut poll, 1, POLL_MILLISECONDS) } <= 0 {
        if stream.cancelled() {
            return Err(libc::ECANCELED);
        }
    }
    Ok(())
}
