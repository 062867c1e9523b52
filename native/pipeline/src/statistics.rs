//! Where an engine's processor time went.

use pbs_native_posix::thread_nanos;
use std::sync::atomic::{AtomicU64, Ordering};

/// Nanoseconds and bytes, for those who want to know where the time went.
#[derive(Default)]
pub struct Statistics {
    /// Filling as a whole: reading, copying and cutting.
    pub fill_nanos: AtomicU64,
    pub cut_nanos: AtomicU64,
    pub hash_nanos: AtomicU64,
    pub compress_nanos: AtomicU64,
    pub seal_nanos: AtomicU64,
    /// Offered to idle workers, to be read and searched together.
    pub together_bytes: AtomicU64,
    pub hashed_bytes: AtomicU64,
    pub encoded_bytes: AtomicU64,
    pub blob_bytes: AtomicU64,
}

/// Processor time of the current thread, so that a busy machine does not count.
pub struct Stopwatch(u64);

impl Stopwatch {
    pub fn start() -> Self {
        Self(thread_nanos())
    }

    /// Adds the time since the start to a counter.
    pub fn stop(self, counter: &AtomicU64) {
        let nanos = thread_nanos().saturating_sub(self.0);
        counter.fetch_add(nanos, Ordering::Relaxed);
    }
}
