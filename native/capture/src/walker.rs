//! The walk itself: a stack of directories, read on until a batch is full.

mod depth;
mod steering;

use std::ffi::CStr;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::entry::EntryReader;
use crate::exclude_file;
use crate::frame::Frame;
use crate::layout::{CaptureStep as Step, feature, flag};
use crate::listing::Listing;
use crate::prefetch::Prefetch;
use crate::record;
use crate::rules::Rules;

/// Left out of the root: a generated entry takes its place.
const EXCLUDE_CLI_FILE: &CStr = c".pxarexclude-cli";
const DIRECTORY_BUFFER: usize = 64 << 10;
/// A batch is delivered after this time even if it is not full, so that slow disks show progress.
const BATCH_TIME: Duration = Duration::from_millis(50);
/// Between two attempts to get a descriptor that somebody else has to close.
const DESCRIPTOR_POLL: Duration = Duration::from_millis(5);
/// How many entries may pass between two looks at the clock.
const CLOCK_INTERVAL: u32 = 16;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Running,
    Paused,
    Complete,
}

/// What the walk does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    ReadRoot,
    /// List the directory on top of the stack.
    List,
    /// Read the exclude file of the directory on top.
    Exclude,
    /// Read what else marks the directory on top, then drop what is left out of it.
    Mark,
    /// Deliver how many names the directory on top has.
    Begin,
    /// Deliver the next entry of the directory on top, or its end.
    Entry,
    /// Wait until what an exclude file or a mark says was turned into rules.
    AwaitRules,
    /// Wait for the decision about a mount point, which is on top of the stack.
    AwaitMountPoint,
    Complete,
}

pub struct Walker {
    next: Next,
    stack: Vec<Frame>,
    /// The directories on the stack from here on are open, and the root.
    first_open: usize,
    /// `/` and the names of the directories on the stack, joined by slashes; empty for the root.
    path: Vec<u8>,
    rules: Rules,
    /// The mark to be looked for next, and whether this directory has told of something.
    mark: usize,
    has_told: bool,
    /// What is wanted on every file system that can hold it.
    wanted: u32,
    reader: EntryReader,
    buffer: Vec<u8>,
    /// A record that is not delivered yet, and what its descriptor is.
    pending: Vec<u8>,
    pending_fd: Option<OwnedFd>,
    delivered_files: u32,
    /// Since when no descriptor is to be had.
    starved_since: Option<Instant>,
    starved: bool,
    /// Listings to use again.
    spare: Vec<Listing>,
    prefetch: Prefetch,
}

impl Walker {
    pub fn new(root: OwnedFd, features: u32) -> Self {
        let rules = Rules::new();
        let level = rules.level(None, b"");
        let root = Frame::new(root, (0, 0), features, Listing::default(), 0, level);
        Self {
            next: Next::ReadRoot,
            stack: vec![root],
            first_open: 1,
            path: Vec::new(),
            rules,
            mark: 0,
            has_told: false,
            wanted: features & (feature::XATTRS | feature::ACL | feature::FCAPS),
            reader: EntryReader::new(),
            buffer: vec![0; DIRECTORY_BUFFER],
            pending: Vec::new(),
            pending_fd: None,
            delivered_files: 0,
            starved_since: None,
            starved: false,
            spare: Vec::new(),
            prefetch: Prefetch::default(),
        }
    }

    pub fn state(&self) -> State {
        match self.next {
            _ if !self.pending.is_empty() => State::Running,
            Next::Complete => State::Complete,
            Next::AwaitRules | Next::AwaitMountPoint => State::Paused,
            _ => State::Running,
        }
    }

    pub fn delivered_files(&self) -> u32 {
        self.delivered_files
    }

    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    pub fn resume(&mut self, enter: bool, features: u32) -> bool {
        if self.state() != State::Paused {
            return false;
        }
        self.next = match self.next {
            Next::AwaitRules => {
                self.apply_rules();
                Next::Begin
            }
            _ if enter => {
                self.top().features = features;
                Next::List
            }
            _ => Next::Entry,
        };
        true
    }

    /// Fills `out`; see `pbs_capture_next`.
    pub fn next(
        &mut self,
        out: &mut [u8],
        files_max: u32,
        cancel: &AtomicBool,
    ) -> Result<usize, i32> {
        self.delivered_files = 0;
        self.prefetch.begin();
        let mut written = 0;
        let begin = Instant::now();
        let mut until_clock = CLOCK_INTERVAL;
        if self.state() == State::Paused {
            return Err(libc::EINVAL);
        }
        loop {
            if !self.pending.is_empty() {
                let Some(room) = out.get_mut(written..written + self.pending.len()) else {
                    return if written > 0 {
                        Ok(written)
                    } else {
                        Err(libc::EMSGSIZE)
                    };
                };
                room.copy_from_slice(&self.pending);
                written += self.pending.len();
                self.pending.clear();
                if let Some(fd) = self.pending_fd.take() {
                    // The record says which one it is; it is the caller's from now on.
                    let _ = fd.into_raw_fd();
                    self.delivered_files += 1;
                }
            }
            if self.state() != State::Running || self.delivered_files >= files_max {
                return Ok(written);
            }
            until_clock -= 1;
            if until_clock == 0 {
                until_clock = CLOCK_INTERVAL;
                self.prefetch.observe();
                if cancel.load(Ordering::Relaxed) {
                    return if written > 0 {
                        Ok(written)
                    } else {
                        Err(libc::ECANCELED)
                    };
                }
                if written > 0 && begin.elapsed() > BATCH_TIME {
                    return Ok(written);
                }
            }
            self.starved = false;
            self.step();
            if !self.starved {
                self.starved_since = None;
            } else {
                // What is under way closes its descriptors once the caller has this batch.
                std::thread::sleep(DESCRIPTOR_POLL);
                return Ok(written);
            }
        }
    }

    fn top(&mut self) -> &mut Frame {
        self.stack
            .last_mut()
            .expect("a walk that is not complete has a directory")
    }

    /// Does one thing and leaves its record, if it makes one, in `pending`.
    fn step(&mut self) {
        match self.next {
            Next::ReadRoot => self.read_root(),
            Next::List => self.list(),
            Next::Exclude => self.exclude(),
            Next::Mark => self.read_marks(),
            Next::Begin => {
                let count = self.top().listing.len();
                record::begin(&mut self.pending, count);
                self.next = Next::Entry;
            }
            Next::Entry => {
                let frame = self.top();
                if frame.index < frame.listing.len() {
                    if !frame.is_open() {
                        return self.open_again();
                    }
                    self.read_entry();
                } else {
                    self.leave();
                }
            }
            Next::AwaitRules | Next::AwaitMountPoint | Next::Complete => {}
        }
    }

    fn read_root(&mut self) {
        let Self {
            stack,
            reader,
            pending,
            ..
        } = self;
        let frame = &mut stack[0];
        match reader.read_open(frame.raw(), None, &mut frame.features) {
            Ok(Some(mut head)) => {
                head.flags |= flag::ROOT;
                (frame.dev, frame.ino) = (head.device, head.inode);
                record::entry(
                    pending,
                    &head,
                    b"",
                    b"",
                    reader.xattrs.count,
                    &reader.xattrs.packed,
                );
                self.next = Next::List;
            }
            Ok(None) => self.fail(Step::Metadata, libc::ENOTDIR, b""),
            Err((step, error)) => self.fail(step, error, b""),
        }
    }

    fn fail(&mut self, step: Step, error: i32, name: &[u8]) {
        record::failed(&mut self.pending, step, error, name);
        if self.next == Next::ReadRoot {
            self.next = Next::Complete;
        }
    }

    fn list(&mut self) {
        let is_root = self.stack.len() == 1;
        let Self { stack, buffer, .. } = self;
        let frame = stack.last_mut().expect("there is a directory to list");
        let result = frame.listing.read(frame.raw(), buffer);
        if is_root {
            frame.listing.retain(|name, _| name != EXCLUDE_CLI_FILE);
        }
        self.next = Next::Exclude;
        if let Err(error) = result {
            self.fail(Step::ReadDirectory, error, b"");
        }
    }

    fn exclude(&mut self) {
        let frame = self.top();
        let is_named = frame
            .listing
            .contains_any_case(exclude_file::NAME.to_bytes());
        let result = if is_named {
            exclude_file::read(frame.raw())
        } else {
            Ok(None)
        };
        if let Err((_, error)) = result
            && self.wait_for_descriptor(error)
        {
            return;
        }
        match result {
            Ok(None) => {}
            Ok(Some(content)) => record::exclude_file(&mut self.pending, Ok(&content)),
            Err(failure) => record::exclude_file(&mut self.pending, Err(failure)),
        }
        self.mark = 0;
        self.has_told = !self.pending.is_empty();
        self.next = Next::Mark;
        if !self.has_told {
            self.read_marks();
        }
    }

    fn read_entry(&mut self) {
        let Self {
            stack,
            reader,
            wanted,
            pending,
            prefetch,
            ..
        } = self;
        let frame = stack.last_mut().expect("there is a directory to read");
        if prefetch.is_active() {
            frame.look_ahead(prefetch);
        }
        let (name, d_type) = frame.listing.get(frame.index);
        frame.index += 1;
        let mut features = frame.features;
        let mut result = reader.read(frame.raw(), name, d_type, &mut features);
        let mut crosses = false;
        if let Ok((head, fd)) = &mut result {
            let is_directory = head.mode & libc::S_IFMT == libc::S_IFDIR;
            crosses = is_directory && head.device != frame.dev;
            if head.device == frame.dev {
                frame.features = features;
            }
            if let Some(fd) = fd.take_if(|_| crosses) {
                let head = reader.read_mount_point(fd.as_raw_fd(), features | *wanted);
                result = head.map(|head| (head, Some(fd)));
            }
        }
        let features = frame.features;
        let name = name.to_bytes();
        let (mut head, fd) = match result {
            Ok(read) => read,
            Err((step, error)) => {
                record::failed(pending, step, error, name);
                if self.wait_for_descriptor(error) {
                    self.pending.clear();
                    self.top().index -= 1;
                }
                return;
            }
        };
        // A directory's descriptor is for the walk itself.
        let (directory, file) = if head.mode & libc::S_IFMT == libc::S_IFDIR {
            (fd, None)
        } else {
            (None, fd)
        };
        head.descriptor = file.as_ref().map_or(-1, AsRawFd::as_raw_fd);
        record::entry(
            pending,
            &head,
            name,
            reader.target(),
            reader.xattrs.count,
            &reader.xattrs.packed,
        );
        self.pending_fd = file;
        if let Some(directory) = directory {
            let path_len = self.path.len();
            self.path.push(b'/');
            self.path.extend_from_slice(name);
            self.enter(directory, head, path_len, features);
            self.next = if crosses {
                Next::AwaitMountPoint
            } else {
                Next::List
            };
        }
    }
}
