//! A chunk between the filler and the worker that finishes it.

use crate::chunk::{ChunkMemory, Finished};
use crate::known::Digest;
use crate::outlet::Outlet;
use crate::pool::HEADROOM;
use crate::sha256::Progress;
use std::sync::Arc;
use std::time::Instant;

/// A chunk that was cut and waits for a worker. The data starts behind the headroom.
pub struct Task {
    pub outlet: Arc<Outlet>,
    pub sequence: u64,
    pub offset: u64,
    pub length: usize,
    pub memory: ChunkMemory,
    /// Since when it waits for a worker.
    pub submitted: Instant,
    /// How far it is hashed, if it was together with shorter ones.
    pub progress: Option<Progress>,
}

impl Task {
    pub fn data(&self) -> &[u8] {
        self.memory.buffer.slice(HEADROOM, HEADROOM + self.length)
    }

    /// Bytes that are left to be hashed.
    pub fn unhashed(&self) -> usize {
        self.length - self.progress.as_ref().map_or(0, Progress::done)
    }

    /// The chunk for the consumer, as far as it is known without a blob.
    pub fn finished(&self, digest: Digest) -> Finished {
        Finished {
            digest,
            offset: self.offset,
            size: self.length as u64,
            injected: false,
            blob: None,
        }
    }
}
