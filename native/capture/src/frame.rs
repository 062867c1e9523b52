//! One directory that a walk is in.

use std::ffi::CStr;

use crate::glob::MatchList;
use crate::listing::Listing;
use crate::open::{self, open_at, stat_fd};
use crate::prefetch::{Prefetch, SharedDirectory};

pub struct Frame {
    /// Closed with the frame; -1 while it is not open.
    pub fd: i32,
    pub dev: u64,
    pub ino: u64,
    pub features: u32,
    pub listing: Listing,
    /// The name to be read next.
    pub index: usize,
    /// Length of the walk's path before this directory was entered.
    pub path_len: usize,
    /// Length of the match list before this directory was entered.
    pub pattern_count: usize,
    /// How far the names were looked at ahead, and through what.
    fed: usize,
    shared: Option<SharedDirectory>,
}

impl Frame {
    pub fn new(
        fd: i32,
        (dev, ino): (u64, u64),
        features: u32,
        listing: Listing,
        path_len: usize,
        pattern_count: usize,
    ) -> Self {
        Self {
            fd,
            dev,
            ino,
            features,
            listing,
            index: 0,
            path_len,
            pattern_count,
            fed: 0,
            shared: None,
        }
    }

    /// Gives the descriptor back until the walk returns here.
    pub fn close(&mut self) {
        self.shared = None;
        if self.fd >= 0 {
            // SAFETY: the frame owns it and forgets it.
            unsafe { libc::close(self.fd) };
        }
        self.fd = -1;
    }

    /// Opens the directory again below `parent`, as `name`, which may be `..`. Something else that
    /// has taken the name is not opened, and a symbolic link is not followed.
    pub fn open_again(&mut self, parent: i32, name: &CStr) -> Result<(), i32> {
        let fd = open_at(parent, name, libc::O_DIRECTORY | libc::O_NOFOLLOW)?;
        match stat_fd(fd) {
            Ok(stat) if (stat.st_dev, stat.st_ino) == (self.dev, self.ino) => {
                self.fd = fd;
                Ok(())
            }
            result => {
                // SAFETY: it was opened here and is used by nobody.
                unsafe { libc::close(fd) };
                Err(result.err().unwrap_or(libc::ENOENT))
            }
        }
    }

    /// Drops the excluded names. `path` is the walk's and is the same afterwards.
    pub fn filter(&mut self, path: &mut Vec<u8>, patterns: &mut MatchList) {
        let fd = self.fd;
        path.push(b'/');
        let prefix_len = path.len();
        self.listing.retain(|name, d_type| {
            path.truncate(prefix_len);
            path.extend_from_slice(name.to_bytes());
            let is_directory = || match d_type {
                libc::DT_UNKNOWN => open::is_directory(fd, name),
                _ => Ok(d_type == libc::DT_DIR),
            };
            // What cannot be looked at stays, and reading it reports the error.
            patterns.evaluate(path, is_directory) != Ok(Some(false))
        });
        path.truncate(prefix_len - 1);
    }

    /// Lets other threads look at what comes behind the next name.
    pub fn look_ahead(&mut self, prefetch: &mut Prefetch) {
        prefetch.feed(
            self.fd,
            &self.listing,
            self.index + 1,
            &mut self.fed,
            &mut self.shared,
        );
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.close();
    }
}
