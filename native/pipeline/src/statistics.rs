//! Where an engine's processor time went.

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

fn thread_nanos() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is of the type the call fills in.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
