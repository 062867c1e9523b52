//! Going down and up with few descriptors: the innermost directories are open, and those further up are
//! opened again when the walk returns to them.

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use super::{Next, Walker};
use crate::frame::Frame;
use crate::layout::{CaptureEntry, CaptureStep as Step};
use crate::record;

/// Directories that are open at a time; those further up are opened again when the walk returns.
const OPEN_DIRECTORIES: usize = 8;
/// How long to wait for a descriptor that somebody else has to close.
const DESCRIPTOR_PATIENCE: Duration = Duration::from_secs(20);
/// Memory of listings that is kept to be used again.
const SPARE_LISTINGS: usize = 16;

impl Walker {
    /// Whether to try again later, after a call failed because there are too many open files.
    pub(super) fn wait_for_descriptor(&mut self, error: i32) -> bool {
        if !matches!(error, libc::EMFILE | libc::ENFILE) {
            return false;
        }
        let since = *self.starved_since.get_or_insert_with(Instant::now);
        self.starved = since.elapsed() < DESCRIPTOR_PATIENCE;
        self.starved
    }

    pub(super) fn enter(
        &mut self,
        directory: OwnedFd,
        head: CaptureEntry,
        path_len: usize,
        features: u32,
    ) {
        let name = &self.path[path_len + 1..];
        let parent = self.stack.last().map(|frame| &frame.level);
        let level = self.rules.level(parent, name);
        let mut listing = self.spare.pop().unwrap_or_default();
        listing.clear();
        if self.stack.len() - self.first_open >= OPEN_DIRECTORIES {
            self.stack[self.first_open].close();
            self.first_open += 1;
        }
        let frame = Frame::new(
            directory,
            (head.device, head.inode),
            features,
            listing,
            path_len,
            level,
        );
        self.stack.push(frame);
    }

    /// Opens the directory on top again, by the names on the way from the root.
    pub(super) fn open_again(&mut self) {
        let index = self.stack.len() - 1;
        let result = (1..=index).try_for_each(|at| {
            let end = self
                .stack
                .get(at + 1)
                .map_or(self.path.len(), |frame| frame.path_len);
            let name = &self.path[self.stack[at].path_len + 1..end];
            let name = CString::new(name).map_err(|_| libc::EINVAL)?;
            let parent = self.stack[at - 1].raw();
            let opened = self.stack[at].open_again(parent, &name);
            if at > 1 {
                self.stack[at - 1].close();
            }
            opened
        });
        self.first_open = index;
        if let Err(error) = result
            && !self.wait_for_descriptor(error)
        {
            let frame = self.top();
            frame.index = frame.listing.len();
            self.fail(Step::Return, error, b"");
        }
    }

    pub(super) fn leave(&mut self) {
        let Some(mut frame) = self.stack.pop() else {
            return;
        };
        self.path.truncate(frame.path_len);
        self.rules.restore(&frame.level);
        // What the file system does not support need not be tried again further up.
        if let Some(parent) = self.stack.last_mut()
            && parent.dev == frame.dev
        {
            parent.features &= frame.features;
        }
        let mut listing = std::mem::take(&mut frame.listing);
        listing.clear();
        if self.spare.len() < SPARE_LISTINGS {
            self.spare.push(listing);
        }
        // The way back up; where it does not lead there, the directory is looked for by its name.
        if let Some(parent) = self.stack.last_mut()
            && !parent.is_open()
            && frame.is_open()
            && parent.open_again(frame.raw(), c"..").is_ok()
        {
            self.first_open = self.stack.len() - 1;
        }
        record::end(&mut self.pending);
        self.next = if self.stack.is_empty() {
            Next::Complete
        } else {
            Next::Entry
        };
    }
}
