//! An extraction as the caller holds it: a feeder, and threads that work for it.

use crate::batch::Batch;
use crate::feeder::Feeder;
use crate::layout::ExtractOptions;
use crate::queue::Queue;
use crate::shared::Shared;
use crate::{target, worker};
use pbs_native_interface::unpoisoned;
use pbs_native_posix::{Errno, open_files_max};
use std::ffi::CStr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

const MAX_THREADS: usize = 64;

pub struct Extractor {
    pub shared: Arc<Shared>,
    queue: Arc<Queue>,
    feeder: Mutex<Feeder>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Extractor {
    pub fn open(path: &CStr, options: ExtractOptions) -> Result<Self, Errno> {
        let root = target::open_target(path)?;
        let shared = Arc::new(Shared::new(options, root));
        let queue = Arc::new(Queue::new());
        let feeder = Mutex::new(Feeder::new(&shared, &queue, directory_handles())?);
        let extractor = Extractor {
            shared,
            queue,
            feeder,
            threads: Mutex::default(),
        };
        for _ in 0..thread_count(options.threads) {
            let (shared, queue) = (extractor.shared.clone(), extractor.queue.clone());
            let thread = std::thread::Builder::new()
                .name("pbs-extract".into())
                .spawn(move || worker::run(&shared, &queue))
                .map_err(|error| error.raw_os_error().unwrap_or(libc::EAGAIN))?;
            unpoisoned(extractor.threads.lock()).push(thread);
        }
        Ok(extractor)
    }

    /// Feeds a batch; one at a time. EINVAL if it is malformed, ECANCELED once it was stopped.
    pub fn submit(&self, batch: &Arc<Batch>) -> Result<i32, Errno> {
        if unpoisoned(self.feeder.lock()).feed(batch).is_err() {
            self.stop();
            return Err(libc::EINVAL);
        }
        self.unless_stopped()
    }

    /// Leaves what is still entered and waits for all jobs.
    pub fn finish(&self) -> Result<i32, Errno> {
        let mut feeder = unpoisoned(self.feeder.lock());
        self.unless_stopped()?;
        let finished = feeder.finish();
        self.unless_stopped()?;
        finished.map(|()| 0).map_err(|_| libc::EINVAL)
    }

    fn unless_stopped(&self) -> Result<i32, Errno> {
        if self.shared.stopped() {
            Err(libc::ECANCELED)
        } else {
            Ok(0)
        }
    }

    /// Drops what has not started.
    pub fn stop(&self) {
        self.shared.stop();
        self.queue.wake_all();
    }

    /// Stops, waits for a call that is under way and for the threads, and closes all directories. Calls
    /// that come later find everything stopped.
    pub fn close(&self) {
        self.stop();
        unpoisoned(self.feeder.lock()).abandon();
        self.queue.close();
        let threads = std::mem::take(&mut *unpoisoned(self.threads.lock()));
        for thread in threads {
            let _ = thread.join();
        }
    }
}

impl Drop for Extractor {
    fn drop(&mut self) {
        self.close();
    }
}

fn thread_count(wanted: u32) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let wanted = if wanted == 0 {
        cores()
    } else {
        wanted as usize
    };
    wanted.clamp(1, MAX_THREADS)
}

/// Descriptors that directories may hold: a quarter of what the process may have.
fn directory_handles() -> usize {
    (open_files_max().unwrap_or(1024) / 4).clamp(16, 2048) as usize
}
