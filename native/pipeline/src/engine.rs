//! The engine: worker threads that turn plain chunks into blobs.

use crate::codec::{self, Compressor, Crypt};
use crate::filler::{Filler, Kind};
use crate::known::{Digest, KnownSet, Verdict};
use crate::pool::{HEADROOM, Pool};
use crate::stream::{Blob, ChunkMemory, Failure, FailureKind, Finished, Stream};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};

/// A chunk that was cut and waits for a worker. The data starts behind the headroom.
pub struct Task {
    pub stream: Arc<Stream>,
    pub sequence: u64,
    pub offset: u64,
    pub length: usize,
    pub memory: ChunkMemory,
}

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
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

pub struct Settings {
    pub budget: usize,
    pub workers: usize,
    pub compress: bool,
    pub crypt: Option<Crypt>,
}

#[derive(Default)]
struct Queue {
    tasks: VecDeque<Task>,
    streams: Vec<Weak<Stream>>,
}

pub struct Engine {
    pub pool: Arc<Pool>,
    pub known: KnownSet,
    pub statistics: Statistics,
    workers: usize,
    compress: bool,
    crypt: Option<Crypt>,
    closed: AtomicBool,
    next_stream: AtomicU32,
    /// Buffers that compressed frames are made in. One is always granted, whatever the budget.
    scratches: AtomicUsize,
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
            closed: AtomicBool::new(false),
            next_stream: AtomicU32::new(0),
            scratches: AtomicUsize::new(0),
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
        let streams = std::mem::take(&mut queue.streams);
        drop(queue);
        drop(tasks);
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

    /// What filling buffers may use of the budget; the rest is for compressing.
    pub fn fill_limit(&self, chunk: usize) -> usize {
        let budget = self.pool.budget();
        budget - (budget / 3).min(self.workers * (chunk + HEADROOM))
    }

    pub fn submit(&self, task: Task) {
        self.lock().tasks.push_back(task);
        self.work.notify_one();
    }

    fn run(&self) {
        let Some(mut compressor) = Compressor::new() else {
            return self.close();
        };
        while let Some(task) = self.next_task() {
            if !task.stream.cancelled() {
                self.process(task, &mut compressor);
            }
        }
    }

    fn next_task(&self) -> Option<Task> {
        let mut queue = self.lock();
        loop {
            if self.closed() {
                return None;
            }
            if let Some(task) = queue.tasks.pop_front() {
                return Some(task);
            }
            queue = self
                .work
                .wait(queue)
                .unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    fn process(&self, task: Task, compressor: &mut Compressor) {
        let digest = self.digest(task.memory.buffer.slice(HEADROOM, HEADROOM + task.length));
        let finished = |blob| Finished {
            digest,
            offset: task.offset,
            size: task.length as u64,
            injected: false,
            blob,
        };
        let stream = task.stream;
        let sequence = task.sequence;
        if self.known.check(&digest, stream.number, sequence) == Verdict::Known {
            drop(task.memory);
            return stream.finish_slot(sequence, finished(None));
        }
        match self.encode(&stream, task.memory, task.length, compressor) {
            Some(blob) => stream.finish_slot(sequence, finished(Some(blob))),
            None => {
                stream.fail(Failure {
                    kind: FailureKind::Resource,
                    errno: libc::ENOMEM,
                    tag: 0,
                });
            }
        }
    }

    fn digest(&self, data: &[u8]) -> Digest {
        let watch = Stopwatch::start();
        let crypt = self.crypt.as_ref();
        let zero = codec::is_zero(data);
        let cached = || self.zero_digests().get(&data.len()).copied();
        let digest = match zero.then(cached).flatten() {
            Some(digest) => digest,
            None => codec::digest(data, crypt),
        };
        // Few lengths occur: the maximum, the fixed size, and ends of streams.
        if zero && self.zero_digests().len() < 64 {
            self.zero_digests().insert(data.len(), digest);
        }
        watch.stop(&self.statistics.hash_nanos);
        let bytes = data.len() as u64;
        self.statistics
            .hashed_bytes
            .fetch_add(bytes, Ordering::Relaxed);
        digest
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
            let buffer = self.pool.acquire(
                length,
                self.pool.budget(),
                || self.scratches.load(Ordering::SeqCst) == 0,
                || stream.cancelled(),
            );
            let mut buffer = buffer.ok()?;
            self.scratches.fetch_add(1, Ordering::SeqCst);
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
        if scratch.is_some() {
            self.scratches.fetch_sub(1, Ordering::SeqCst);
            drop(scratch);
        }
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
