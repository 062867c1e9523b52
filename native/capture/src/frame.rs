//! One directory that a walk is in.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use crate::listing::Listing;
use crate::open::{self, open_at};
use crate::prefetch::{Prefetch, SharedDirectory};
use crate::rules::{Level, Rules};
use pbs_native_posix::{Errno, stat};

pub struct Frame {
    /// None while it is not open.
    fd: Option<OwnedFd>,
    pub dev: u64,
    pub ino: u64,
    pub features: u32,
    pub listing: Listing,
    /// The name to be read next.
    pub index: usize,
    /// Length of the walk's path before this directory was entered.
    pub path_len: usize,
    /// What the rules were before this directory was entered.
    pub level: Level,
    /// How far the names were looked at ahead, and through what.
    fed: usize,
    shared: Option<SharedDirectory>,
}

impl Frame {
    pub fn new(
        fd: OwnedFd,
        (dev, ino): (u64, u64),
        features: u32,
        listing: Listing,
        path_len: usize,
        level: Level,
    ) -> Self {
        Self {
            fd: Some(fd),
            dev,
            ino,
            features,
            listing,
            index: 0,
            path_len,
            level,
            fed: 0,
            shared: None,
        }
    }

    pub fn is_open(&self) -> bool {
        self.fd.is_some()
    }

    /// The descriptor; one that no call knows while the directory is not open.
    pub fn raw(&self) -> RawFd {
        self.fd.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// Gives the descriptor back until the walk returns here.
    pub fn close(&mut self) {
        self.shared = None;
        self.fd = None;
    }

    /// Opens the directory again below `parent`, as `name`, which may be `..`. Something else that
    /// has taken the name is not opened, and a symbolic link is not followed.
    pub fn open_again(&mut self, parent: RawFd, name: &CStr) -> Result<(), Errno> {
        let fd = open_at(parent, name, libc::O_DIRECTORY | libc::O_NOFOLLOW)?;
        let found = stat(fd.as_raw_fd())?;
        if (found.st_dev, found.st_ino) != (self.dev, self.ino) {
            return Err(libc::ENOENT);
        }
        self.fd = Some(fd);
        Ok(())
    }

    /// Drops the excluded names. `path` is the walk's and is the same afterwards.
    pub fn filter(&mut self, path: &mut Vec<u8>, rules: &mut Rules) {
        let fd = self.raw();
        let is_directory = |name: &CStr, d_type| match d_type {
            libc::DT_UNKNOWN => open::is_directory(fd, name),
            _ => Ok(d_type == libc::DT_DIR),
        };
        // What cannot be looked at stays, and reading it reports the error.
        if let (Some(selection), Some(reach)) = (&mut rules.selection, self.level.reach) {
            let is_way = |name: &CStr, d_type| is_directory(name, d_type).unwrap_or(true);
            selection.keep(reach, &mut self.listing, is_way);
        }
        if rules.are_silent() {
            return;
        }
        path.push(b'/');
        let prefix_len = path.len();
        self.listing.retain(|name, d_type| {
            path.truncate(prefix_len);
            path.extend_from_slice(name.to_bytes());
            rules.exclude(path, || is_directory(name, d_type)) != Ok(true)
        });
        path.truncate(prefix_len - 1);
    }

    /// Lets other threads look at what comes behind the next name.
    pub fn look_ahead(&mut self, prefetch: &mut Prefetch) {
        let fd = self.raw();
        prefetch.feed(
            fd,
            &self.listing,
            self.index + 1,
            &mut self.fed,
            &mut self.shared,
        );
    }
}
