//! Bringing what the walk reads next into the kernel's caches, from several threads at a time.
//!
//! Only used while the walk is found waiting for a disk. The threads look at entries and drop the
//! results: the walk itself reads everything again, so nothing depends on them.

use std::collections::VecDeque;
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::thread::JoinHandle;

use crate::listing::Listing;
use crate::open::open_at;
use pbs_native_interface::unpoisoned;
use pbs_native_posix::{duplicate, open_files_max, stat, stat_at, thread_usage};

const THREADS: usize = 8;
/// Names of the directory being walked that are looked at ahead.
const WINDOW: usize = 128;
/// Names that one task looks at.
const NAMES_PER_TASK: usize = 16;
/// Tasks beyond this are those that are needed last; they are dropped.
const TASKS_MAX: usize = 256;
/// Entries of a directory on the way that are looked at before the walk enters it.
const ENTRIES_AHEAD_MAX: usize = 512;
/// Directories that tasks may have open at a time, besides one per thread.
const DIRECTORIES_MAX: usize = 32;
/// Who may have fewer open files needs them for the walk itself.
const OPEN_FILES_MIN: u64 = 512;
/// Waits in one interval that are taken for waiting on a disk even if the thread asked no block of
/// one: network file systems do not count as such, and locks are waited for now and then.
const WAITS_SURE: i64 = 4;
/// For how many intervals a disk is taken for slow after that.
const COLD_INTERVALS: u32 = 64;

/// A directory that tasks look into; stays open as long as one of them needs it.
pub type SharedDirectory = Arc<OwnedFd>;

enum Task {
    /// Look at these entries.
    Entries(SharedDirectory, Vec<CString>),
    /// List this directory and look at its entries.
    Directory(SharedDirectory, CString),
}

#[derive(Default)]
struct Shared {
    /// What is needed first is in front.
    queue: Mutex<VecDeque<Task>>,
    filled: Condvar,
    closed: AtomicBool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Task>> {
        unpoisoned(self.queue.lock())
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }
}

/// Decides whether to look ahead, and does.
#[derive(Default)]
pub struct Prefetch {
    shared: Option<Arc<Shared>>,
    threads: Vec<JoinHandle<()>>,
    waits: Waits,
    cold_intervals: u32,
    /// Those that were given to tasks and may still be open.
    directories: Vec<Weak<OwnedFd>>,
    forbidden: bool,
}

impl Prefetch {
    /// To be called when a thread begins to walk on.
    pub fn begin(&mut self) {
        self.forbidden = open_files_max().unwrap_or(0) < OPEN_FILES_MIN;
        self.waits = Waits::so_far();
    }

    /// To be called every few entries.
    pub fn observe(&mut self) {
        let waits = Waits::so_far();
        if waits.on_disk_since(&self.waits) {
            self.cold_intervals = COLD_INTERVALS;
        } else {
            self.cold_intervals = self.cold_intervals.saturating_sub(1);
        }
        self.waits = waits;
    }

    /// Whether entries should be fed.
    pub fn is_active(&self) -> bool {
        self.cold_intervals > 0 && !self.forbidden
    }

    /// Looks at the names behind `index` of a directory.
    ///
    /// `fed` is how far that was done before; `directory` is filled at first use.
    pub fn feed(
        &mut self,
        fd: i32,
        listing: &Listing,
        index: usize,
        fed: &mut usize,
        directory: &mut Option<SharedDirectory>,
    ) {
        let from = (*fed).max(index);
        let to = listing.len().min(index + WINDOW);
        // Half a window at a time.
        if to < from + WINDOW / 2 && to < listing.len() || from >= to {
            return;
        }
        if directory.is_none() {
            self.directories.retain(|held| held.strong_count() > 0);
            if self.directories.len() >= DIRECTORIES_MAX {
                return;
            }
            let Ok(copy) = duplicate(fd).map(Arc::new) else {
                return;
            };
            self.directories.push(Arc::downgrade(&copy));
            *directory = Some(copy);
        }
        let Some(directory) = directory else {
            return;
        };
        *fed = to;
        let mut tasks = Vec::new();
        let mut names = Vec::new();
        for (name, d_type) in (from..to).map(|i| listing.get(i)) {
            if d_type == libc::DT_DIR {
                tasks.push(Task::Directory(directory.clone(), name.to_owned()));
                continue;
            }
            names.push(name.to_owned());
            if names.len() == NAMES_PER_TASK {
                tasks.push(Task::Entries(directory.clone(), std::mem::take(&mut names)));
            }
        }
        if !names.is_empty() {
            tasks.push(Task::Entries(directory.clone(), names));
        }
        self.push(tasks);
    }

    fn push(&mut self, tasks: Vec<Task>) {
        let Self {
            shared, threads, ..
        } = self;
        let shared = shared.get_or_insert_with(|| {
            let shared = Arc::new(Shared::default());
            for _ in 0..THREADS {
                let shared = shared.clone();
                let builder = std::thread::Builder::new().name("pbs-prefetch".into());
                // Without threads nothing is looked at ahead, and nothing is lost.
                threads.extend(builder.stack_size(128 << 10).spawn(move || work(&shared)));
            }
            shared
        });
        let mut queue = shared.lock();
        for task in tasks.into_iter().rev() {
            queue.push_front(task);
        }
        queue.truncate(TASKS_MAX);
        drop(queue);
        shared.filled.notify_all();
    }
}

impl Drop for Prefetch {
    /// Waits for the threads, so that nothing of the tree is open afterwards.
    fn drop(&mut self) {
        let Some(shared) = self.shared.take() else {
            return;
        };
        {
            // Under the lock, so that no thread is between its look and its sleep.
            let mut queue = shared.lock();
            shared.closed.store(true, Ordering::Relaxed);
            queue.clear();
        }
        shared.filled.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// What the calling thread had to wait for so far.
#[derive(Default)]
struct Waits {
    /// How often it gave up the processor.
    voluntary: i64,
    /// Blocks that it had a disk read.
    blocks: i64,
}

impl Waits {
    fn so_far() -> Self {
        thread_usage().map_or_else(
            |_| Self::default(),
            |usage| Self {
                voluntary: usage.ru_nvcsw,
                blocks: usage.ru_inblock,
            },
        )
    }

    fn on_disk_since(&self, before: &Self) -> bool {
        let waits = self.voluntary - before.voluntary;
        waits >= WAITS_SURE || waits > 0 && self.blocks > before.blocks
    }
}

fn work(shared: &Shared) {
    let mut buffer = vec![0; 32 << 10];
    let mut listing = Listing::default();
    while let Some(task) = wait_for_task(shared) {
        match task {
            Task::Entries(directory, names) => {
                for name in names.iter().take_while(|_| !shared.is_closed()) {
                    let _ = stat_at(directory.as_raw_fd(), name);
                }
            }
            Task::Directory(directory, name) => {
                let Some(inside) = list(directory.as_raw_fd(), &name, &mut listing, &mut buffer)
                else {
                    continue;
                };
                let count = listing.len().min(ENTRIES_AHEAD_MAX);
                for index in (0..count).take_while(|_| !shared.is_closed()) {
                    let _ = stat_at(inside.as_raw_fd(), listing.get(index).0);
                }
            }
        }
    }
}

/// The task that is needed first, `None` at the end.
fn wait_for_task(shared: &Shared) -> Option<Task> {
    let mut queue = shared.lock();
    loop {
        if shared.is_closed() {
            return None;
        }
        if let Some(task) = queue.pop_front() {
            return Some(task);
        }
        queue = unpoisoned(shared.filled.wait(queue));
    }
}

/// Opens and lists a directory, unless it is on another file system than its parent.
fn list(parent: i32, name: &CStr, listing: &mut Listing, buffer: &mut [u8]) -> Option<OwnedFd> {
    let directory = open_at(parent, name, libc::O_DIRECTORY | libc::O_NOFOLLOW).ok()?;
    let fd = directory.as_raw_fd();
    let device = |fd| stat(fd).map(|stat| stat.st_dev);
    (device(fd) == device(parent)).then_some(())?;
    listing.read(fd, buffer).ok()?;
    Some(directory)
}

#[cfg(test)]
#[path = "prefetch_test.rs"]
mod tests;
