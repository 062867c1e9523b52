//! A chunk on its way out: its memory, its blob, and what the consumer is told.

use crate::known::Digest;
use crate::pool::Buffer;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A chunk's buffer, counted for its stream until it is dropped.
pub struct ChunkMemory {
    // Before `buffer`, so that who is woken by its return sees the new count.
    _counted: Counted,
    pub buffer: Buffer,
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl ChunkMemory {
    pub fn new(buffer: Buffer, outstanding: &Arc<AtomicUsize>) -> Self {
        outstanding.fetch_add(1, Ordering::SeqCst);
        Self {
            _counted: Counted(Arc::clone(outstanding)),
            buffer,
        }
    }
}

/// A finished blob within its buffer.
pub struct Blob {
    pub memory: ChunkMemory,
    pub start: usize,
    pub end: usize,
}

/// A chunk ready for the consumer.
pub struct Finished {
    pub digest: Digest,
    pub offset: u64,
    pub size: u64,
    pub injected: bool,
    /// None if the chunk is known.
    pub blob: Option<Blob>,
}
