//! The engine: worker threads that turn plain chunks into blobs.

use crate::codec::{self, Compressor, Crypt};
use crate::filler::{Filler, Kind};
use crate::known::{Digest, KnownSet, Verdict};
use crate::pool::{HEADROOM, Pool};
use crate::sha256::{self, Progress};
use crate::statistics::{Statistics, Stopwatch};
use crate::stream::{Blob, ChunkMemory, Failure, FailureKind, Finished, Stream};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

/// A chunk that was cut and waits for a worker. The data starts behind the headroom.
pub struct Task {
    pub stream: Arc<Stream>,
    pub sequence: u64,
    pub offset: u64,
    pub length: usize,
    pub memory: ChunkMemory,
    /// Since when it waits for a worker.
    pub submitted: Instant,
    /// How far it is hashed, if it was together with a shorter one.
    pub progress: Option<Progress>,
}

impl Task {
    fn data(&self) -> &[u8] {
        self.memory.buffer.slice(HEADROOM, HEADROOM + self.length)
    }

    /// Bytes that are left to be hashed.
    fn unhashed(&self) -> usize {
        self.length - self.progress.as_ref().map_or(0, Progress::done)
    }

    /// The chunk for the consumer, as far as it is known without a blob.
    fn finished(&self, digest: Digest) -> Finished {
        Finished {
            digest,
            offset: self.offset,
            size: self.length as u64,
            injected: false,
            blob: None,
        }
    }
}

/// What a worker does next.
enum Job {
    /// One chunk, or two to be hashed side by side.
    Hash(Task, Option<Task>),
    Encode(Task, Digest),
}

/// How long a chunk waits for another one to be hashed with.
const PAIRING: Duration = Duration::from_millis(2);
/// A shorter rest of a chunk is hashed alone.
const WORTH_PAIRING: usize = 256 * 1024;
const MAX_ZERO_LENGTHS: usize = 64;

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
    streams: Vec<Weak<Stream>>,
}

pub struct Engine {
    pub pool: Arc<Pool>,
    pub known: KnownSet,
    pub statistics: Statistics,
    workers: usize,
    compress: bool,
    crypt: Option<Crypt>,
    /// Whether hashing two chunks at once is worth waiting for the second.
    pairs: bool,
    closed: AtomicBool,
    next_stream: AtomicU32,
    zero_digests: Mutex<HashMap<usize, Digest>>,
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
            compress: settings.compress,
            crypt: settings.crypt,
            pairs: Progress::begin().is_some(),
            closed: AtomicBool::new(false),
            next_stream: AtomicU32::new(0),
            zero_digests: Mutex::default(),
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
        let streams = std::mem::take(&mut queue.streams);
        drop(queue);
        drop((tasks, hashed));
        self.work.notify_all();
        streams
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(|stream| stream.wake());
        self.pool.wake();
    }

    pub fn open_stream(self: &Arc<Self>, kind: Kind) -> Arc<Stream> {
        let number = self.next_stream.fetch_add(1, Ordering::Relaxed);
        let stream = Arc::new(Stream::new(Arc::clone(self), number, Filler::new(kind)));
        let mut queue = self.lock();
        queue.streams.retain(|stream| stream.strong_count() > 0);
        queue.streams.push(Arc::downgrade(&stream));
        stream
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

    fn run(&self) {
        let Some(mut compressor) = Compressor::new() else {
            return self.close();
        };
        while let Some(job) = self.next_job() {
            match job {
                Job::Hash(mut first, None) => {
                    let digest = self.digest(&mut first);
                    self.process(first, digest, &mut compressor);
                }
                Job::Hash(first, Some(second)) => self.hash_two(first, second, &mut compressor),
                Job::Encode(task, digest) => self.finish(task, digest, &mut compressor),
            }
        }
    }

    fn next_job(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if self.closed() {
                return None;
            }
            if let Some((task, digest)) = queue.hashed.pop_front() {
                return Some(Job::Encode(task, digest));
            }
            let age = queue.tasks.front().map(|task| task.submitted.elapsed());
            let patience = match age {
                None => None,
                Some(age) if self.pairs && queue.tasks.len() == 1 => PAIRING.checked_sub(age),
                Some(_) => Some(Duration::ZERO),
            };
            match patience {
                Some(Duration::ZERO) => {}
                Some(patience) => {
                    queue = match self.work.wait_timeout(queue, patience) {
                        Ok((queue, _)) => queue,
                        Err(poisoned) => poisoned.into_inner().0,
                    };
                    continue;
                }
                None if age.is_some() => {}
                None => {
                    queue = self
                        .work
                        .wait(queue)
                        .unwrap_or_else(|poisoned| poisoned.into_inner());
                    continue;
                }
            }
            let first = queue.tasks.pop_front()?;
            let second = if self.pairs {
                queue.tasks.pop_front()
            } else {
                None
            };
            return Some(Job::Hash(first, second));
        }
    }

    fn process(&self, task: Task, digest: Digest, compressor: &mut Compressor) {
        if let Some(unknown) = self.pass_known(task, digest) {
            self.finish(unknown, digest, compressor);
        }
    }

    /// Finishes a chunk that is known, and returns one that has to be encoded.
    fn pass_known(&self, task: Task, digest: Digest) -> Option<Task> {
        let stream = &task.stream;
        if stream.cancelled() {
            return None;
        }
        if self.known.check(&digest, stream.number, task.sequence) == Verdict::Encode {
            return Some(task);
        }
        let stream = Arc::clone(stream);
        let sequence = task.sequence;
        let finished = task.finished(digest);
        // The memory goes back before the consumer hears of it.
        drop(task);
        stream.finish_slot(sequence, finished);
        None
    }

    fn finish(&self, task: Task, digest: Digest, compressor: &mut Compressor) {
        let stream = Arc::clone(&task.stream);
        if stream.cancelled() {
            return;
        }
        let sequence = task.sequence;
        let mut finished = task.finished(digest);
        match self.encode(&stream, task.memory, task.length, compressor) {
            Some(blob) => {
                finished.blob = Some(blob);
                stream.finish_slot(sequence, finished);
            }
            None => {
                stream.fail(Failure {
                    kind: FailureKind::Resource,
                    errno: libc::ENOMEM,
                    tag: 0,
                });
            }
        }
    }

    /// Hashes two chunks side by side to the end of the shorter one. The longer one goes back into
    /// the queue, to be hashed with the next chunk that comes.
    fn hash_two(&self, mut first: Task, mut second: Task, compressor: &mut Compressor) {
        let watch = Stopwatch::start();
        let begin = |task: &mut Task| {
            if task.progress.is_none() && !codec::is_zero(task.data()) {
                task.progress = Progress::begin();
            }
            task.progress.take()
        };
        match (begin(&mut first), begin(&mut second)) {
            (Some(mut one), Some(mut two)) => {
                sha256::advance([first.data(), second.data()], [&mut one, &mut two]);
                first.progress = Some(one);
                second.progress = Some(two);
            }
            // Zeros need no hashing and no partner.
            (one, two) => {
                if one.is_some() {
                    std::mem::swap(&mut first, &mut second);
                }
                second.progress = one.or(two);
                watch.stop(&self.statistics.hash_nanos);
                self.lock().tasks.push_front(second);
                self.work.notify_one();
                let digest = self.digest(&mut first);
                return self.process(first, digest, compressor);
            }
        }
        watch.stop(&self.statistics.hash_nanos);
        if second.unhashed() < first.unhashed() {
            std::mem::swap(&mut first, &mut second);
        }
        if second.unhashed() >= WORTH_PAIRING {
            second.submitted = Instant::now();
            self.lock().tasks.push_front(second);
            self.work.notify_one();
        } else {
            let digest = self.digest(&mut second);
            // Whoever is idle may encode it.
            if let Some(unknown) = self.pass_known(second, digest) {
                self.lock().hashed.push_back((unknown, digest));
                self.work.notify_one();
            }
        }
        let digest = self.digest(&mut first);
        self.process(first, digest, compressor);
    }

    /// Digest of a chunk that may be hashed in part.
    fn digest(&self, task: &mut Task) -> Digest {
        let watch = Stopwatch::start();
        let crypt = self.crypt.as_ref();
        let progress = task.progress.take();
        let data = task.data();
        let digest = match progress {
            Some(progress) => progress.finish(data, crypt.map_or(&[], Crypt::digest_suffix)),
            None => self
                .zero_digest(data)
                .unwrap_or_else(|| codec::digest(data, crypt)),
        };
        watch.stop(&self.statistics.hash_nanos);
        let bytes = data.len() as u64;
        self.statistics
            .hashed_bytes
            .fetch_add(bytes, Ordering::Relaxed);
        digest
    }

    /// The digest of a chunk of zeros, which is computed once for each length.
    fn zero_digest(&self, data: &[u8]) -> Option<Digest> {
        if !codec::is_zero(data) {
            return None;
        }
        let mut digests = self.zero_digests();
        // Few lengths occur: the maximum, the fixed size, and ends of streams.
        if digests.len() >= MAX_ZERO_LENGTHS && !digests.contains_key(&data.len()) {
            return None;
        }
        let fresh = || codec::digest(data, self.crypt.as_ref());
        Some(*digests.entry(data.len()).or_insert_with(fresh))
    }

    fn encode(
        &self,
        stream: &Stream,
        mut memory: ChunkMemory,
        length: usize,
        compressor: &mut Compressor,
    ) -> Option<Blob> {
        let mut scratch = None;
        let mut frame_length = None;
        if self.compress {
            let cancelled = || stream.cancelled();
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

    fn zero_digests(&self) -> MutexGuard<'_, HashMap<usize, Digest>> {
        self.zero_digests
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
