//! Contents of files for the kernel's page cache, through an open FUSE device (`linux/fuse.h`).

use crate::errno::{Errno, check_length, uninterrupted};
use std::os::fd::RawFd;

/// `FUSE_NOTIFY_STORE`.
const STORE: i32 = 4;
/// Bytes of `struct fuse_out_header` with `struct fuse_notify_store_out`.
const HEAD_BYTES: usize = 16 + 24;

/// A piece of a file, and where it lies in the bytes that come with it.
#[derive(Clone, Copy)]
pub struct Piece {
    pub node: u64,
    /// In the file.
    pub offset: u64,
    /// In the bytes.
    pub start: u64,
    pub length: u64,
}

impl Piece {
    /// The piece that four numbers describe.
    pub fn from_words(words: [u64; 4]) -> Self {
        let [node, offset, start, length] = words;
        Self {
            node,
            offset,
            start,
            length,
        }
    }

    /// EINVAL if it does not lie within the bytes.
    fn of<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8], Errno> {
        let start = usize::try_from(self.start).map_err(|_| libc::EINVAL)?;
        let length = usize::try_from(self.length).map_err(|_| libc::EINVAL)?;
        let end = start.checked_add(length).ok_or(libc::EINVAL)?;
        bytes.get(start..end).ok_or(libc::EINVAL)
    }
}

/// Puts pieces into the page cache. One that the kernel does not take, as it knows no such file any
/// more, is passed over; the number of those it took is returned. Waits where a page is being read.
pub fn store_pages(fuse: RawFd, bytes: &[u8], pieces: &[Piece]) -> Result<usize, Errno> {
    let mut stored = 0;
    for piece in pieces {
        match uninterrupted(|| store(fuse, piece, piece.of(bytes)?)) {
            Ok(()) => stored += 1,
            Err(errno @ (libc::EBADF | libc::EINVAL | libc::ENODEV | libc::EPERM)) => {
                return Err(errno);
            }
            Err(_) => {}
        }
    }
    Ok(stored)
}

fn store(fuse: RawFd, piece: &Piece, content: &[u8]) -> Result<(), Errno> {
    let length = u32::try_from(HEAD_BYTES + content.len()).map_err(|_| libc::EINVAL)?;
    let mut head = [0; HEAD_BYTES];
    head[..4].copy_from_slice(&length.to_ne_bytes());
    head[4..8].copy_from_slice(&STORE.to_ne_bytes());
    head[16..24].copy_from_slice(&piece.node.to_ne_bytes());
    head[24..32].copy_from_slice(&piece.offset.to_ne_bytes());
    head[32..36].copy_from_slice(&(content.len() as u32).to_ne_bytes());
    let parts = [&head[..], content].map(|part| libc::iovec {
        iov_base: part.as_ptr().cast_mut().cast(),
        iov_len: part.len(),
    });
    // SAFETY: both parts are readable for their lengths, and the call only reads them.
    check_length(unsafe { libc::writev(fuse, parts.as_ptr(), parts.len() as _) }).map(drop)
}

#[cfg(test)]
#[path = "fuse_pages_test.rs"]
mod tests;
