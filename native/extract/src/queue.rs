//! The queue between feeder and workers.

use crate::batch::{Batch, PieceBytes};
use crate::directory::{Directory, DirectoryHandle};
use crate::spanning_file::SpanningFile;
use pbs_native_interface::unpoisoned;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Jobs that may wait; more make the feeder wait.
const MAX_WAITING: usize = 256;
/// How far down the queue a worker looks for a directory nobody works in.
const LOOK_AHEAD: usize = 32;

/// Commands of one directory that a worker takes at a time.
pub struct Segment {
    pub batch: Arc<Batch>,
    pub directory: Arc<Directory>,
    pub handle: Arc<DirectoryHandle>,
    /// Range within the commands of the batch.
    pub start: usize,
    pub end: usize,
}

pub enum Job {
    /// Files, symbolic links and nodes.
    Entries(Segment),
    /// Hard links: wait for everything before.
    Links(Segment),
    /// Bytes at an offset of a file that lies in several batches.
    Piece {
        file: Arc<SpanningFile>,
        offset: u64,
        bytes: PieceBytes,
    },
}

impl Job {
    /// What two workers get into each other's way by: the kernel locks the directory, or the file.
    fn lane(&self) -> usize {
        match self {
            Job::Entries(segment) | Job::Links(segment) => Arc::as_ptr(&segment.directory) as usize,
            Job::Piece { file, .. } => Arc::as_ptr(file) as usize,
        }
    }

    /// Two workers in one file would only wait for each other.
    fn is_exclusive(&self) -> bool {
        matches!(self, Job::Piece { .. })
    }
}

/// A job on its way.
pub struct Work {
    pub job: Job,
    /// Place in the order that hard links go by; pieces go by that of their file.
    sequence: Option<u64>,
}

impl Work {
    /// What [`Queue::next`] has to be told when the work is done.
    pub fn ticket(&self) -> Ticket {
        Ticket {
            sequence: self.sequence,
            lane: self.job.lane(),
        }
    }
}

pub struct Ticket {
    /// The place in the order that is done.
    pub sequence: Option<u64>,
    lane: usize,
}

#[derive(Default)]
struct State {
    ready: VecDeque<Work>,
    /// Hard links whose turn has not come.
    deferred: VecDeque<Work>,
    /// All sequence numbers below are done.
    first_pending: u64,
    /// Whether those from `first_pending` on are done.
    done: VecDeque<bool>,
    running: Vec<usize>,
    sleeping: usize,
    feeder_waits: bool,
    closing: bool,
}

impl State {
    fn new_sequence(&mut self) -> u64 {
        self.done.push_back(false);
        self.first_pending + self.done.len() as u64 - 1
    }

    fn end_sequence(&mut self, sequence: u64) {
        self.done[(sequence - self.first_pending) as usize] = true;
        while self.done.front() == Some(&true) {
            self.done.pop_front();
            self.first_pending += 1;
        }
        self.promote();
    }

    /// Hard links whose turn it is become ready.
    fn promote(&mut self) {
        if self
            .deferred
            .front()
            .is_some_and(|work| work.sequence == Some(self.first_pending))
            && let Some(work) = self.deferred.pop_front()
        {
            self.ready.push_front(work);
        }
    }

    fn pick(&mut self) -> Option<Work> {
        let mut second_best = None;
        for (index, work) in self.ready.iter().take(LOOK_AHEAD).enumerate() {
            if !self.running.contains(&work.job.lane()) {
                return self.ready.remove(index);
            }
            if second_best.is_none() && !work.job.is_exclusive() {
                second_best = Some(index);
            }
        }
        self.ready.remove(second_best?)
    }

    fn under_way(&self) -> usize {
        self.ready.len() + self.deferred.len() + self.running.len()
    }
}

pub struct Queue {
    state: Mutex<State>,
    /// There is work.
    work: Condvar,
    /// Work was done.
    progress: Condvar,
}

impl Queue {
    pub fn new() -> Self {
        Queue {
            state: Mutex::default(),
            work: Condvar::new(),
            progress: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        unpoisoned(self.state.lock())
    }

    /// Adds a job; waits while too many are queued.
    pub fn push(&self, job: Job) {
        let mut state = self.lock();
        while state.ready.len() + state.deferred.len() >= MAX_WAITING {
            state = self.wait_for_progress(state);
        }
        let sequence = (!job.is_exclusive()).then(|| state.new_sequence());
        let deferred = matches!(job, Job::Links(_));
        let work = Work { job, sequence };
        if deferred {
            state.deferred.push_back(work);
            state.promote();
        } else {
            state.ready.push_back(work);
        }
        if state.sleeping > 0 && !state.ready.is_empty() {
            self.work.notify_one();
        }
    }

    /// A place in the order for something that is no job.
    pub fn new_sequence(&self) -> u64 {
        self.lock().new_sequence()
    }

    pub fn end_sequence(&self, sequence: u64) {
        let mut state = self.lock();
        state.end_sequence(sequence);
        if state.sleeping > 0 && !state.ready.is_empty() {
            self.work.notify_one();
        }
    }

    /// Ends the job a worker had and waits for the next one; none at the end.
    pub fn next(&self, ended: Option<Ticket>) -> Option<Work> {
        let mut state = self.lock();
        if let Some(ticket) = ended {
            if let Some(at) = state.running.iter().position(|lane| *lane == ticket.lane) {
                state.running.swap_remove(at);
            }
            if let Some(sequence) = ticket.sequence {
                state.end_sequence(sequence);
            }
            if state.feeder_waits {
                self.progress.notify_all();
            }
        }
        loop {
            if let Some(work) = state.pick() {
                state.running.push(work.job.lane());
                if state.sleeping > 0 && !state.ready.is_empty() {
                    self.work.notify_one();
                }
                return Some(work);
            }
            if state.closing && state.under_way() == 0 {
                self.work.notify_all();
                return None;
            }
            state.sleeping += 1;
            state = unpoisoned(self.work.wait(state));
            state.sleeping -= 1;
        }
    }

    fn wait_for_progress<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.feeder_waits = true;
        let mut state = unpoisoned(self.progress.wait(state));
        state.feeder_waits = false;
        state
    }

    /// Waits, as the feeder, until `enough` or nothing is under way.
    pub fn wait_until(&self, enough: impl Fn() -> bool) {
        let mut state = self.lock();
        while state.under_way() > 0 && !enough() {
            state = self.wait_for_progress(state);
        }
    }

    /// Lets the workers end once nothing is left.
    pub fn close(&self) {
        self.lock().closing = true;
        self.wake_all();
    }

    pub fn wake_all(&self) {
        // The lock keeps the wake-up from falling between a test and a wait.
        let _state = self.lock();
        self.work.notify_all();
        self.progress.notify_all();
    }
}
