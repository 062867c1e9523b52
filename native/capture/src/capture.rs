//! A walk as the caller holds it.

use crate::walker::Walker;
use pbs_native_interface::unpoisoned;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, TryLockError};

/// A walk, used by one call at a time; any thread may cancel it meanwhile.
pub struct Capture {
    cancelled: AtomicBool,
    /// None once it was closed.
    walker: Mutex<Option<Walker>>,
}

impl Capture {
    pub fn new(walker: Walker) -> Self {
        Self {
            cancelled: AtomicBool::new(false),
            walker: Mutex::new(Some(walker)),
        }
    }

    /// Uses the walk. EBUSY while another call does, EBADF once it was closed.
    pub fn with<R>(
        &self,
        work: impl FnOnce(&mut Walker, &AtomicBool) -> Result<R, i32>,
    ) -> Result<R, i32> {
        let mut walker = match self.walker.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(libc::EBUSY),
            Err(TryLockError::Poisoned(poisoned)) => unpoisoned(Err(poisoned)),
            Ok(walker) => walker,
        };
        work(walker.as_mut().ok_or(libc::EBADF)?, &self.cancelled)
    }

    /// Makes a call that is under way return soon.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Cancels, waits for a call that is under way, and closes what the walk holds open.
    pub fn close(&self) {
        self.cancel();
        drop(unpoisoned(self.walker.lock()).take());
    }
}
