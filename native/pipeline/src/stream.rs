//! One stream: what its filler and its consumer share.

use crate::engine::Engine;
use crate::filler::{Errno, Filler};
use crate::known::Digest;
use crate::layout::{FailureKind, ProblemKind};
use crate::pool::Buffer;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Chunks without a blob cost no memory budget; more than this many wait for the consumer.
const MAX_WAITING: usize = 16 * 1024;
const WAIT_SLICE: Duration = Duration::from_millis(50);

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

/// A spliced file whose length was not the announced one, or that could not be read all through.
#[derive(Clone, Copy)]
pub struct Problem {
    pub tag: u64,
    pub kind: ProblemKind,
    /// Why, and which stretch was filled with zeros, if it could not be read.
    pub errno: i32,
    pub offset: u64,
    pub length: u64,
}

impl Problem {
    /// About the length.
    pub fn of_length(tag: u64, kind: ProblemKind) -> Self {
        Self {
            tag,
            kind,
            errno: 0,
            offset: 0,
            length: 0,
        }
    }

    /// Whether `next` is the same trouble right behind this one.
    fn continues_in(&self, next: &Self) -> bool {
        self.kind == ProblemKind::Unreadable
            && next.kind == self.kind
            && (next.tag, next.errno) == (self.tag, self.errno)
            && next.offset == self.offset + self.length
    }
}

/// Why a stream failed.
#[derive(Clone, Copy)]
pub struct Failure {
    pub kind: FailureKind,
    pub errno: i32,
    /// Of the file, if reading failed.
    pub tag: u64,
}

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

pub struct Stream {
    pub number: u32,
    pub engine: Arc<Engine>,
    filler: Mutex<Filler>,
    /// The write before has been carried out.
    turns: Condvar,
    /// Buffers of chunks between cut and release.
    pub outstanding: Arc<AtomicUsize>,
    aborted: AtomicBool,
    order: Mutex<Order>,
    changed: Condvar,
}

impl Stream {
    pub fn new(engine: Arc<Engine>, number: u32, filler: Filler) -> Self {
        Self {
            number,
            engine,
            filler: Mutex::new(filler),
            turns: Condvar::new(),
            outstanding: Arc::default(),
            aborted: AtomicBool::new(false),
            order: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Carries out a command buffer when it is its turn: two writes may be looked at in any order.
    pub fn write(self: &Arc<Self>, turn: u32, commands: &[u8]) -> Result<(), Errno> {
        let mut filler = self.filler();
        while filler.turn != turn && !self.cancelled() {
            filler = match self.turns.wait_timeout(filler, WAIT_SLICE) {
                Ok((filler, _)) => filler,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        let result = filler.write(self, commands);
        filler.turn = turn.wrapping_add(1);
        drop(filler);
        self.turns.notify_all();
        result
    }

    /// Cuts what is left; all writes must have returned.
    pub fn finish(self: &Arc<Self>) -> Result<(), Errno> {
        self.filler().end(self)
    }

    fn filler(&self) -> MutexGuard<'_, Filler> {
        self.filler
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn cancelled(&self) -> bool {
        self.aborted.load(Ordering::SeqCst) || self.engine.closed()
    }

    pub fn abort(&self) {
        self.aborted.store(true, Ordering::SeqCst);
        self.wake();
        self.engine.pool.wake();
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
        match self.changed.wait_timeout(order, WAIT_SLICE) {
            Ok((order, _)) => order,
            Err(poisoned) => poisoned.into_inner().0,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Order> {
        self.order
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
