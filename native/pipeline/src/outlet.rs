//! The end of a stream where finished chunks come out: their order, and what went wrong.

use crate::chunk::Finished;
use crate::trouble::{Failure, Problem};
use pbs_native_interface::unpoisoned;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Chunks without a blob cost no memory budget; more than this many wait for the consumer.
const MAX_WAITING: usize = 16 * 1024;
const WAIT_SLICE: Duration = Duration::from_millis(50);

enum Slot {
    Working,
    Ready(Finished),
}

#[derive(Default)]
struct Order {
    slots: VecDeque<Slot>,
    /// Sequence number of the first slot.
    first: u64,
    ended: bool,
    failure: Option<Failure>,
    problems: Vec<Problem>,
}

/// What the filler, the workers and the consumer of a stream share.
pub struct Outlet {
    pub number: u32,
    /// Buffers of chunks between cut and release.
    pub outstanding: Arc<AtomicUsize>,
    aborted: AtomicBool,
    /// All streams are stopped.
    closed: Arc<AtomicBool>,
    order: Mutex<Order>,
    changed: Condvar,
}

impl Outlet {
    pub fn new(number: u32, closed: Arc<AtomicBool>) -> Self {
        Self {
            number,
            outstanding: Arc::default(),
            aborted: AtomicBool::new(false),
            closed,
            order: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub fn cancelled(&self) -> bool {
        self.aborted.load(Ordering::SeqCst) || self.closed.load(Ordering::SeqCst)
    }

    pub fn abort(&self) {
        self.aborted.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Lets waiting threads look whether the stream or the engine was stopped.
    pub fn wake(&self) {
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Reserves the next place in stream order.
    pub fn open_slot(&self) -> u64 {
        let mut order = self.lock();
        order.slots.push_back(Slot::Working);
        order.first + order.slots.len() as u64 - 1
    }

    /// What `open_slot` will return.
    pub fn next_sequence(&self) -> u64 {
        let order = self.lock();
        order.first + order.slots.len() as u64
    }

    /// Fills the place of a chunk.
    pub fn finish_slot(&self, sequence: u64, finished: Finished) {
        let mut order = self.lock();
        let index = (sequence - order.first) as usize;
        if let Some(slot) = order.slots.get_mut(index) {
            *slot = Slot::Ready(finished);
        }
        drop(order);
        if index == 0 {
            self.changed.notify_all();
        }
    }

    /// Puts a chunk that needs no work at the end.
    pub fn push_finished(&self, finished: Finished) {
        self.lock().slots.push_back(Slot::Ready(finished));
        self.changed.notify_all();
    }

    /// Waits until the consumer has taken enough of what is ready.
    pub fn wait_for_consumer(&self) {
        let mut order = self.lock();
        while order.slots.len() >= MAX_WAITING && !self.cancelled() {
            order = self.wait(order);
        }
    }

    /// Moves up to `limit` finished chunks out, in order; waits for the first. Nothing after the
    /// last chunk of an ended stream. Errors are positive error numbers.
    pub fn take(&self, limit: usize) -> Result<Vec<Finished>, i32> {
        let mut order = self.lock();
        loop {
            if self.cancelled() {
                return Err(libc::ECANCELED);
            }
            let mut taken = Vec::new();
            while taken.len() < limit && matches!(order.slots.front(), Some(Slot::Ready(_))) {
                if let Some(Slot::Ready(finished)) = order.slots.pop_front() {
                    order.first += 1;
                    taken.push(finished);
                }
            }
            if !taken.is_empty() {
                drop(order);
                self.changed.notify_all();
                return Ok(taken);
            }
            if let Some(failure) = order.failure {
                return Err(failure.errno);
            }
            if order.ended && order.slots.is_empty() {
                return Ok(taken);
            }
            order = self.wait(order);
        }
    }

    pub fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Whether all of it was cut.
    pub fn ended(&self) -> bool {
        self.lock().ended
    }

    /// Remembers the first failure and returns its error number.
    pub fn fail(&self, failure: Failure) -> i32 {
        let errno = self.lock().failure.get_or_insert(failure).errno;
        self.changed.notify_all();
        errno
    }

    pub fn failure(&self) -> Option<Failure> {
        self.lock().failure
    }

    pub fn report(&self, problem: Problem) {
        let problems = &mut self.lock().problems;
        match problems.last_mut() {
            Some(last) if last.continues_in(&problem) => last.length += problem.length,
            _ => problems.push(problem),
        }
    }

    pub fn problem_count(&self) -> usize {
        self.lock().problems.len()
    }

    pub fn take_problems(&self, limit: usize) -> Vec<Problem> {
        let mut order = self.lock();
        let count = order.problems.len().min(limit);
        order.problems.drain(..count).collect()
    }

    fn wait<'a>(&self, order: MutexGuard<'a, Order>) -> MutexGuard<'a, Order> {
        unpoisoned(self.changed.wait_timeout(order, WAIT_SLICE)).0
    }

    fn lock(&self) -> MutexGuard<'_, Order> {
        unpoisoned(self.order.lock())
    }
}
