//! The engine: worker threads that turn plain chunks into blobs.

use crate::chunk::{Blob, ChunkMemory};
use crate::codec::{self, Compressor, Crypt};
use crate::helping::Shared;
use crate::known::{Digest, KnownSet, Verdict};
use crate::layout::FailureKind;
use crate::outlet::Outlet;
use crate::pool::{HEADROOM, Pool};
use crate::sha256::{self, Progress};
use crate::statistics::{Statistics, Stopwatch};
use crate::task::Task;
use crate::trouble::Failure;
use crate::zero_digests::ZeroDigests;
use pbs_native_interface::unpoisoned;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

/// What a worker does next.
enum Job {
    /// Chunks to be hashed side by side.
    Hash(Vec<Task>),
    Encode(Task, Digest),
    /// What somebody else is at as well.
    Help(Arc<dyn Shared>),
}

/// How long a chunk waits for others to be hashed with: a few times what cutting one takes.
const GATHERING: Duration = Duration::from_millis(25);
/// How often a waiting worker looks whether somebody has begun to wait for it.
const LOOK: Duration = Duration::from_millis(2);
/// Longer than any wait: a worker that has nothing to do is woken.
const FOREVER: Duration = Duration::from_secs(3600);
/// A shorter rest of a chunk is hashed alone.
const WORTH_GATHERING: usize = 64 * 1024;

pub struct Settings {
    pub budget: usize,
    pub workers: usize,
    pub compress: bool,
    pub crypt: Option<Crypt>,
}

#[derive(Default)]
struct Queue {
    tasks: VecDeque<Task>,
    /// Chunks that were hashed by a worker that has another one to encode.
    hashed: VecDeque<(Task, Digest)>,
    outlets: Vec<Weak<Outlet>>,
    /// Work of fillers that idle workers may help with.
    shared: Vec<Arc<dyn Shared>>,
    /// Workers that are hashing chunks side by side.
    hashing: usize,
}

pub struct Engine {
    pub pool: Arc<Pool>,
    pub known: KnownSet,
    pub statistics: Statistics,
    workers: usize,
    /// Workers that have nothing to do.
    idle: AtomicUsize,
    /// Threads that can run beside the one that fills.
    processors_beside: usize,
    compress: bool,
    crypt: Option<Crypt>,
    /// How many chunks are worth hashing at once.
    lanes: usize,
    closed: Arc<AtomicBool>,
    next_outlet: AtomicU32,
    zeros: ZeroDigests,
    queue: Mutex<Queue>,
    work: Condvar,
}

impl Engine {
    pub fn start(settings: Settings) -> std::io::Result<Arc<Self>> {
        let workers = settings.workers;
        let engine = Arc::new(Self {
            pool: Pool::new(settings.budget),
            known: KnownSet::default(),
            statistics: Statistics::default(),
            workers,
            idle: AtomicUsize::new(0),
            processors_beside: std::thread::available_parallelism().map_or(0, |all| all.get() - 1),
            compress: settings.compress,
            crypt: settings.crypt,
            lanes: Progress::begin().map_or(1, |_| sha256::LANES),
            closed: Arc::default(),
            next_outlet: AtomicU32::new(0),
            zeros: ZeroDigests::default(),
            queue: Mutex::default(),
            work: Condvar::new(),
        });
        for _ in 0..workers {
            let worker = Arc::clone(&engine);
            let started = std::thread::Builder::new()
                .name("chunk-worker".into())
                .spawn(move || worker.run());
            if let Err(error) = started {
                engine.close();
                return Err(error);
            }
        }
        Ok(engine)
    }

    pub fn closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Stops the threads and all streams; does not wait for them.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let mut queue = self.lock();
        let tasks = std::mem::take(&mut queue.tasks);
        let hashed = std::mem::take(&mut queue.hashed);
        let outlets = std::mem::take(&mut queue.outlets);
        drop(queue);
        drop((tasks, hashed));
        self.work.notify_all();
        outlets
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(|outlet| outlet.wake());
        self.pool.wake();
    }

    pub fn open_outlet(&self) -> Arc<Outlet> {
        let number = self.next_outlet.fetch_add(1, Ordering::Relaxed);
        let outlet = Arc::new(Outlet::new(number, Arc::clone(&self.closed)));
        let mut queue = self.lock();
        queue.outlets.retain(|outlet| outlet.strong_count() > 0);
        queue.outlets.push(Arc::downgrade(&outlet));
        outlet
    }

    /// What filling buffers may use of the budget. The rest is for compressing: enough for the
    /// usual chunks of all workers, and for the largest one.
    pub fn fill_limit(&self, usual: usize, largest: usize) -> usize {
        let budget = self.pool.budget();
        let reserve = (self.workers * (usual + usual / 2)).max(largest + largest / 8);
        budget - reserve.min(budget / 3)
    }

    pub fn submit(&self, task: Task) {
        self.lock().tasks.push_back(task);
        self.work.notify_one();
    }

    /// How many workers would help now.
    pub fn helpers(&self) -> usize {
        self.idle
            .load(Ordering::Relaxed)
            .min(self.processors_beside)
    }

    /// Does work together with at most so many idle workers. When this returns, all of it has been
    /// begun.
    pub fn work_with_help(&self, shared: Arc<dyn Shared>, helpers: usize) {
        self.lock().shared.push(Arc::clone(&shared));
        for _ in 0..helpers.min(self.helpers()) {
            self.work.notify_one();
        }
        shared.work();
        let mut queue = self.lock();
        queue.shared.retain(|other| !Arc::ptr_eq(other, &shared));
    }

    fn run(&self) {
        let Some(mut compressor) = Compressor::new() else {
            return self.close();
        };
        while let Some(job) = self.next_job() {
            match job {
                Job::Hash(tasks) => self.hash(tasks, &mut compressor),
                Job::Encode(task, digest) => self.finish(task, digest, &mut compressor),
                Job::Help(work) => {
                    let watch = Stopwatch::start();
                    work.work();
                    watch.stop(&self.statistics.fill_nanos);
                }
            }
        }
    }

    fn next_job(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if self.closed() {
                return None;
            }
            if let Some(work) = queue.shared.iter().find(|work| work.left()) {
                return Some(Job::Help(Arc::clone(work)));
            }
            if let Some((task, digest)) = queue.hashed.pop_front() {
                return Some(Job::Encode(task, digest));
            }
            let patience = if queue.tasks.is_empty() {
                Some(FOREVER)
            } else {
                self.patience(&queue).map(|patience| patience.min(LOOK))
            };
            if let Some(patience) = patience {
                self.idle.fetch_add(1, Ordering::Relaxed);
                queue = unpoisoned(self.work.wait_timeout(queue, patience)).0;
                self.idle.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let count = queue.tasks.len().min(self.lanes);
            queue.hashing += 1;
            return Some(Job::Hash(queue.tasks.drain(..count).collect()));
        }
    }

    /// How much longer the chunks in the queue may wait for more; None if they should not.
    fn patience(&self, queue: &Queue) -> Option<Duration> {
        // Memory that is waited for comes soon if others are hashing.
        if queue.tasks.len() >= self.lanes || queue.hashing == 0 && self.pool.awaited() {
            return None;
        }
        if queue.tasks.iter().any(|task| task.outlet.ended()) {
            return None;
        }
        let since = queue.tasks.iter().map(|task| task.submitted).min()?;
        GATHERING.checked_sub(since.elapsed())
    }

    /// Finishes a chunk that is known, and returns one that has to be encoded.
    fn pass_known(&self, task: Task, digest: Digest) -> Option<Task> {
        let outlet = &task.outlet;
        if outlet.cancelled() {
            return None;
        }
        if self.known.check(&digest, outlet.number, task.sequence) == Verdict::Encode {
            return Some(task);
        }
        let outlet = Arc::clone(outlet);
        let sequence = task.sequence;
        let finished = task.finished(digest);
        // The memory goes back before the consumer hears of it.
        drop(task);
        outlet.finish_slot(sequence, finished);
        None
    }

    fn finish(&self, task: Task, digest: Digest, compressor: &mut Compressor) {
        let outlet = Arc::clone(&task.outlet);
        if outlet.cancelled() {
            return;
        }
        let sequence = task.sequence;
        let mut finished = task.finished(digest);
        match self.encode(&outlet, task.memory, task.length, compressor) {
            Some(blob) => {
                finished.blob = Some(blob);
                outlet.finish_slot(sequence, finished);
            }
            None => {
                outlet.fail(Failure {
                    kind: FailureKind::Resource,
                    errno: libc::ENOMEM,
                    tag: 0,
                    offset: None,
                });
            }
        }
    }

    /// Hashes chunks side by side to the end of the shortest one. The others go back into the queue,
    /// to be hashed with the next chunks that come.
    fn hash(&self, tasks: Vec<Task>, compressor: &mut Compressor) {
        let watch = Stopwatch::start();
        // Zeros need no hashing and no company.
        let (mut complete, mut partial): (Vec<_>, Vec<_>) = tasks.into_iter().partition(|task| {
            self.lanes == 1 || task.progress.is_none() && codec::is_zero(task.data())
        });
        if partial.len() > 1 {
            let mut progresses: Vec<Progress> = partial
                .iter_mut()
                .filter_map(|task| task.progress.take().or_else(Progress::begin))
                .collect();
            let messages: Vec<&[u8]> = partial.iter().map(Task::data).collect();
            sha256::advance(&messages, &mut progresses.iter_mut().collect::<Vec<_>>());
            for (task, progress) in partial.iter_mut().zip(progresses) {
                task.progress = Some(progress);
            }
            let worth = |task: &mut Task| task.unhashed() < WORTH_GATHERING;
            complete.extend(partial.extract_if(.., worth));
        } else {
            complete.append(&mut partial);
        }
        watch.stop(&self.statistics.hash_nanos);
        self.put_back(partial);
        let mut mine = None;
        for mut task in complete {
            let digest = self.digest(&mut task);
            let Some(unknown) = self.pass_known(task, digest) else {
                continue;
            };
            if mine.is_none() {
                mine = Some((unknown, digest));
            } else {
                // Whoever is idle may encode it.
                self.lock().hashed.push_back((unknown, digest));
                self.work.notify_one();
            }
        }
        if let Some((task, digest)) = mine {
            self.finish(task, digest, compressor);
        }
    }

    fn put_back(&self, tasks: Vec<Task>) {
        let now = Instant::now();
        let mut queue = self.lock();
        queue.hashing -= 1;
        for mut task in tasks.into_iter().rev() {
            task.submitted = now;
            queue.tasks.push_front(task);
        }
        drop(queue);
        self.work.notify_one();
    }

    /// Digest of a chunk that may be hashed in part.
    fn digest(&self, task: &mut Task) -> Digest {
        let watch = Stopwatch::start();
        let crypt = self.crypt.as_ref();
        let progress = task.progress.take();
        let data = task.data();
        let digest = match progress {
            Some(progress) => progress.finish(data, crypt.map_or(&[], Crypt::digest_suffix)),
            None => self.zeros.digest(data, crypt),
        };
        watch.stop(&self.statistics.hash_nanos);
        let bytes = data.len() as u64;
        self.statistics
            .hashed_bytes
            .fetch_add(bytes, Ordering::Relaxed);
        digest
    }

    /// Digest of so many zeros, if a stream's next chunk needs nothing else to be finished.
    pub fn known_zeros(&self, outlet: &Outlet, length: usize) -> Option<Digest> {
        let digest = self.zeros.known(length)?;
        let sequence = outlet.next_sequence();
        let known = self.known.serves(&digest, outlet.number, sequence);
        known.then_some(digest)
    }

    fn encode(
        &self,
        outlet: &Outlet,
        mut memory: ChunkMemory,
        length: usize,
        compressor: &mut Compressor,
    ) -> Option<Blob> {
        let mut scratch = None;
        let mut frame_length = None;
        if self.compress {
            let cancelled = || outlet.cancelled();
            let mut buffer = self.pool.acquire_scratch(length, cancelled).ok()?;
            let watch = Stopwatch::start();
            // Kept if it is not longer than the data (spec: datastore-formats.md §1.6).
            frame_length = compressor.compress(
                memory.buffer.slice(HEADROOM, HEADROOM + length),
                buffer.slice_mut(0, length),
            );
            watch.stop(&self.statistics.compress_nanos);
            scratch = Some(buffer);
        }
        let watch = Stopwatch::start();
        let frame = scratch
            .as_ref()
            .zip(frame_length)
            .map(|(buffer, length)| buffer.slice(0, length));
        let place = codec::seal_blob(
            memory.buffer.slice_mut(0, HEADROOM + length),
            length,
            frame,
            self.crypt.as_ref(),
        );
        drop(scratch);
        watch.stop(&self.statistics.seal_nanos);
        let (start, end) = place?;
        memory.buffer.shrink_if_scarce(end);
        let statistics = &self.statistics;
        let plain = length as u64;
        let encoded = (end - start) as u64;
        statistics.encoded_bytes.fetch_add(plain, Ordering::Relaxed);
        statistics.blob_bytes.fetch_add(encoded, Ordering::Relaxed);
        Some(Blob { memory, start, end })
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        unpoisoned(self.queue.lock())
    }
}
