//! Files that are read into a stream.

use pbs_native_posix::{self as posix, Errno};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// Splices from here on are asked what they are: only regular files never keep a read waiting.
const LARGE_SPLICE: u64 = 1024 * 1024;
const POLL_MILLISECONDS: i32 = 100;
/// What a disk or a page cache fails to read at least.
const UNREADABLE_BLOCK: i64 = 4096;
/// Damaged disks take seconds for each block that they fail to read: after so many the rest of a file
/// is given up.
const UNREADABLE_BLOCKS_MAX: u32 = 16;

/// Why nothing was read.
pub enum ReadError {
    Cancelled,
    Failed(i32),
}

/// A stretch of a file that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub offset: u64,
    pub length: u64,
}

/// A file being read into the stream.
pub struct Source {
    fd: OwnedFd,
    /// Bytes that have no place in the stream yet.
    pub left: u64,
    /// Bytes that were not read yet, of those and of the others.
    pub unread: u64,
    pub tag: u64,
    /// The file ended early, or nothing more can be read: the rest is zeros.
    pub exhausted: bool,
    /// Zeros that stand for what cannot be read, before the file goes on.
    pub zeros: u64,
    unreadable_blocks: u32,
    /// Reads may wait for long: poll first, to notice an abort.
    waits: bool,
    /// Up to here the file is not asked for holes: it has data, or knows of none.
    pub data_until: i64,
}

impl Source {
    pub fn new(fd: OwnedFd, size: u64, tag: u64) -> Self {
        let large = size >= LARGE_SPLICE;
        let kind = if large { file_kind(&fd) } else { 0 };
        let regular = kind == libc::S_IFREG;
        Self {
            fd,
            left: size,
            unread: size,
            tag,
            exhausted: false,
            zeros: 0,
            unreadable_blocks: 0,
            waits: large && !regular && kind != libc::S_IFBLK,
            data_until: if regular { 0 } else { i64::MAX },
        }
    }

    /// After a failed read: passes over what cannot be read, which will be zeros. That is one block if
    /// the others may be in order, else the rest of the file.
    pub fn pass_unreadable(&mut self, errno: i32) -> Gap {
        self.unreadable_blocks += 1;
        let position = self.seek(0, libc::SEEK_CUR).ok();
        let block_only = self.unreadable_blocks <= UNREADABLE_BLOCKS_MAX
            && matches!(
                errno,
                libc::EIO | libc::EBADMSG | libc::EUCLEAN | libc::ENODATA
            );
        if let Some(position) = position
            && block_only
        {
            let next = (position / UNREADABLE_BLOCK + 1) * UNREADABLE_BLOCK;
            let length = (next - position) as u64;
            if length < self.unread && self.seek(next, libc::SEEK_SET) == Ok(next) {
                self.zeros = length;
                return Gap {
                    offset: position as u64,
                    length,
                };
            }
        }
        self.exhausted = true;
        Gap {
            offset: position.unwrap_or(0) as u64,
            length: self.unread,
        }
    }

    /// Where it is read on, if that can be done from any place in it.
    pub fn position(&self) -> Option<i64> {
        if self.waits || self.exhausted || self.zeros > 0 {
            return None;
        }
        self.seek(0, libc::SEEK_CUR).ok()
    }

    pub fn raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    pub fn seek(&self, offset: i64, whence: i32) -> Result<i64, Errno> {
        posix::seek(self.fd.as_raw_fd(), offset, whence)
    }
}

fn file_kind(fd: &OwnedFd) -> libc::mode_t {
    posix::stat(fd.as_raw_fd()).map_or(0, |stat| stat.st_mode & libc::S_IFMT)
}

/// Reads what there is, at most as much as fits; nothing at the end of the file. Where it has to wait
/// it asks from time to time whether it is `cancelled`.
pub fn read_some(
    source: &Source,
    target: &mut [u8],
    cancelled: impl Fn() -> bool,
) -> Result<usize, ReadError> {
    loop {
        if source.waits {
            wait_readable(source, &cancelled)?;
        }
        match posix::read(source.fd.as_raw_fd(), target) {
            Ok(got) => return Ok(got),
            Err(libc::EINTR) => {}
            Err(libc::EAGAIN) => wait_readable(source, &cancelled)?,
            Err(errno) => return Err(ReadError::Failed(errno)),
        }
    }
}

/// Fills `place` from a position in a file. False if that fails, or if the file ends before, or goes on
/// behind its `last` bytes.
pub fn read_from(fd: RawFd, place: &mut [u8], position: i64, last: bool) -> bool {
    let size = place.len();
    let mut got = 0;
    while got < size {
        let mut behind = [0; 1];
        let behind = &mut behind[..usize::from(last)];
        match posix::read_at_in_two(fd, &mut place[got..], behind, position + got as i64) {
            Ok(0) => return false,
            Ok(read) => got += read,
            Err(libc::EINTR) => {}
            Err(_) => return false,
        }
    }
    got == size
}

fn wait_readable(source: &Source, cancelled: impl Fn() -> bool) -> Result<(), ReadError> {
    while !posix::wait_readable(source.fd.as_raw_fd(), POLL_MILLISECONDS) {
        if cancelled() {
            return Err(ReadError::Cancelled);
        }
    }
    Ok(())
}
