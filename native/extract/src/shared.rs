//! The data of one extraction that its directories, files and threads share.

use crate::layout::{ExtractCounters, ExtractOptions as Options, flag};
use crate::mailbox::Mailbox;
use crate::report::{Failed, Failures, Step};
use pbs_native_interface::unpoisoned;
use pbs_native_posix::{effective_gid, effective_uid};
use std::collections::HashSet;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// What was made, in the order of `pbs_extract_counters`.
#[derive(Default)]
pub struct Counters {
    pub files: AtomicU64,
    pub directories: AtomicU64,
    pub symlinks: AtomicU64,
    pub hardlinks: AtomicU64,
    pub nodes: AtomicU64,
    pub bytes: AtomicU64,
    pub errors: AtomicU64,
    pub without_xattrs: AtomicU64,
    pub without_flags: AtomicU64,
    pub skipped_devices: AtomicU64,
}

impl Counters {
    /// What was counted so far.
    pub fn load(&self) -> ExtractCounters {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ExtractCounters {
            files: load(&self.files),
            directories: load(&self.directories),
            symlinks: load(&self.symlinks),
            hardlinks: load(&self.hardlinks),
            nodes: load(&self.nodes),
            bytes: load(&self.bytes),
            errors: load(&self.errors),
            without_xattrs: load(&self.without_xattrs),
            without_flags: load(&self.without_flags),
            skipped_devices: load(&self.skipped_devices),
        }
    }

    /// Of the notes whose first one is reported, and the others counted.
    fn of_note(&self, step: Step) -> Option<&AtomicU64> {
        match step {
            Step::NoXattrs => Some(&self.without_xattrs),
            Step::NoFlags => Some(&self.without_flags),
            Step::SkippedDevice => Some(&self.skipped_devices),
            _ => None,
        }
    }
}

/// Adds to a counter that nobody orders by.
pub fn count(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}

/// State of one extraction.
pub struct Shared {
    pub options: Options,
    pub root: OwnedFd,
    /// Effective ids: what new files get.
    pub uid: u32,
    pub gid: u32,
    pub mailbox: Mailbox,
    pub counters: Counters,
    /// Descriptors of directories that are being filled.
    pub open_directories: AtomicUsize,
    /// Paths of what could not be made: what lies there is not what hard links mean.
    lost: Mutex<HashSet<Vec<u8>>>,
    stopped: AtomicBool,
}

impl Shared {
    pub fn new(options: Options, root: OwnedFd) -> Self {
        Shared {
            options,
            root,
            uid: effective_uid(),
            gid: effective_gid(),
            mailbox: Mailbox::default(),
            counters: Counters::default(),
            open_directories: AtomicUsize::new(0),
            lost: Mutex::default(),
            stopped: AtomicBool::new(false),
        }
    }

    pub fn root_fd(&self) -> RawFd {
        self.root.as_raw_fd()
    }

    /// Whether what is left is to be dropped.
    pub fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Whoever waits for something has to be woken as well.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    pub fn new_failures(&self) -> Failures {
        Failures::new(self.options.has(flag::STOP_AT_FIRST_ERROR))
    }

    /// Whether a path, or a directory on the way to it, could not be made.
    pub fn is_lost(&self, path: &[u8]) -> bool {
        let lost = unpoisoned(self.lost.lock());
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        !lost.is_empty()
            && (lost.contains(path) || ends.into_iter().any(|(end, _)| lost.contains(&path[..end])))
    }

    /// Reports failures of one entry, whose path is only built if there are any.
    pub fn report(&self, failures: Failures, path: impl FnOnce() -> Vec<u8>) {
        if failures.list.is_empty() {
            return;
        }
        let path = path();
        if failures.list.iter().any(|(step, _)| step.is_loss()) {
            let mut lost = unpoisoned(self.lost.lock());
            lost.insert(path.clone());
        }
        for (step, errno) in failures.list {
            if let Some(counter) = self.counters.of_note(step)
                && counter.fetch_add(1, Ordering::Relaxed) > 0
            {
                continue;
            }
            if !step.is_note() {
                count(&self.counters.errors, 1);
                if self.options.has(flag::STOP_AT_FIRST_ERROR) {
                    self.stopped.store(true, Ordering::Release);
                }
            }
            self.mailbox.add(Failed {
                path: path.clone(),
                step,
                errno,
            });
        }
    }
}
