//! The filling side of a stream: reads files, collects bytes, finds cuts.

use crate::buzhash::CutRule;
use crate::chunk::ChunkMemory;
use crate::commands::{Command, Commands, Injection, TO_END};
use crate::engine::Engine;
use crate::layout::FailureKind;
use crate::outlet::Outlet;
use crate::piece::Piece;
use crate::pool::{Buffer, HEADROOM, PoolError};
use crate::source::Source;
use crate::sources::Sources;
use crate::statistics::Stopwatch;
use crate::task::Task;
use crate::trouble::Failure;
use crate::window::Searched;
use pbs_native_posix::Errno;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

pub const MAX_READ: usize = 256 * 1024;
const MIN_READ: usize = 32 * 1024;
/// How a stream is cut.
#[derive(Clone, Copy)]
pub enum Kind {
    Fixed(usize),
    Dynamic(CutRule),
    Payload(CutRule),
}

impl Kind {
    /// Bytes that a chunk usually has at most; buffers start with this size.
    fn usual(self) -> usize {
        match self {
            Kind::Fixed(size) => size,
            Kind::Dynamic(rule) | Kind::Payload(rule) => rule.max / 4 + rule.max / 16,
        }
    }

    pub(crate) fn read_size(self) -> usize {
        (self.usual() / 4).clamp(MIN_READ, MAX_READ)
    }
}

pub struct Filler {
    pub(crate) engine: Arc<Engine>,
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) kind: Kind,
    /// The current chunk's buffer. Its bytes lie behind the headroom.
    pub(crate) buffer: Option<Buffer>,
    /// Bytes in the buffer, or in `spill` while there is no buffer.
    pub(crate) length: usize,
    /// How many of them no further cut is searched in.
    pub(crate) scanned: usize,
    /// Bytes behind a cut that wait for the next buffer.
    spill: Vec<u8>,
    /// Stream offset of the current chunk, injected chunks included.
    pub(crate) offset: u64,
    pub(crate) suggestions: VecDeque<u64>,
    pub(crate) injections: VecDeque<Injection>,
    /// Files that are not read to their end.
    pub(crate) sources: Sources,
    /// What of them has a place in the chunk and has to be read, in order.
    pub(crate) planned: Vec<Piece>,
    /// The file of which the last bytes are read when it is known what follows; payload only.
    pub(crate) held: Option<usize>,
    ended: bool,
    /// Number of the next write.
    pub(crate) turn: u32,
}

impl Filler {
    pub fn new(engine: Arc<Engine>, outlet: Arc<Outlet>, kind: Kind) -> Self {
        Self {
            engine,
            outlet,
            kind,
            buffer: None,
            length: 0,
            scanned: 0,
            spill: Vec::new(),
            offset: 0,
            suggestions: VecDeque::new(),
            injections: VecDeque::new(),
            sources: Sources::default(),
            planned: Vec::new(),
            held: None,
            ended: false,
            turn: 0,
        }
    }

    /// Carries out a command buffer. Descriptors in it are closed in any case.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        let mut result = match self.outlet.failure() {
            _ if self.outlet.cancelled() => Err(libc::ECANCELED),
            _ if self.ended => Err(libc::EPIPE),
            Some(failure) => Err(failure.errno),
            None => Ok(()),
        };
        let watch = Stopwatch::start();
        for command in Commands(bytes) {
            // After an error the rest is only visited, which closes the descriptors.
            if result.is_ok() {
                result = match command {
                    Ok(command) => self.execute(command),
                    Err(_) => Err(self.fail(FailureKind::Input, libc::EINVAL, 0)),
                };
            }
        }
        // Whoever writes hears now what was wrong with the files.
        let result = result.and_then(|()| self.settle(None).map(drop));
        self.sources.close_read();
        watch.stop(&self.engine.statistics.fill_nanos);
        if result.is_err() {
            self.drop_all();
        }
        result
    }

    /// Cuts and hands on what is left.
    pub fn end(&mut self) -> Result<(), Errno> {
        if self.outlet.cancelled() {
            return Err(libc::ECANCELED);
        }
        if let Some(failure) = self.outlet.failure() {
            return Err(failure.errno);
        }
        if self.ended {
            return Ok(());
        }
        let result = self.finish();
        if result.is_err() {
            self.drop_all();
        }
        result
    }

    fn finish(&mut self) -> Result<(), Errno> {
        if matches!(self.kind, Kind::Payload(_)) {
            self.scan_held()?;
            self.scan_payload(None)?;
            if !self.injections.is_empty() {
                return Err(self.fail(FailureKind::Boundary, libc::EINVAL, 0));
            }
        } else {
            self.scan()?;
        }
        if self.length > 0 {
            self.emit(self.length)?;
        }
        self.ended = true;
        self.outlet.end();
        Ok(())
    }

    /// Notes why the stream fails.
    pub(crate) fn fail(&self, kind: FailureKind, errno: i32, tag: u64) -> Errno {
        self.outlet.fail(Failure {
            kind,
            errno,
            tag,
            offset: None,
        })
    }

    fn drop_all(&mut self) {
        self.buffer = None;
        self.spill = Vec::new();
        self.length = 0;
        self.scanned = 0;
        self.planned.clear();
        self.sources.clear();
        self.held = None;
        self.injections.clear();
    }

    fn execute(&mut self, command: Command<'_>) -> Result<(), Errno> {
        let payload = matches!(self.kind, Kind::Payload(_));
        match command {
            Command::Inline(bytes) if payload => self.append_payload(bytes),
            Command::Inline(bytes) => self.append(bytes),
            Command::Splice { size: TO_END, .. } if payload => {
                Err(self.fail(FailureKind::Input, libc::EINVAL, 0))
            }
            Command::Splice { fd, size, tag } => {
                self.sources.close_read();
                let number = self.sources.add(Source::new(fd, size, tag));
                if payload {
                    return self.splice_payload(number);
                }
                while self.sources[number].left > 0 {
                    if self.length == 0 && self.pass_hole(number, 1)? {
                        continue;
                    }
                    self.read(number, usize::MAX)?;
                    self.scan_if_worthwhile()?;
                }
                Ok(())
            }
            Command::Suggest(offset) => {
                self.suggestions.push_back(offset);
                Ok(())
            }
            Command::Inject(_) if !payload => Err(self.fail(FailureKind::Input, libc::EINVAL, 0)),
            Command::Inject(injection) => {
                self.injections.push_back(injection);
                Ok(())
            }
        }
    }

    fn append(&mut self, mut bytes: &[u8]) -> Result<(), Errno> {
        while !bytes.is_empty() {
            let room = self.room();
            let (head, rest) = bytes.split_at(bytes.len().min(room));
            self.push(head)?;
            bytes = rest;
            self.scan_if_worthwhile()?;
        }
        Ok(())
    }

    /// Bytes that may be added before cuts have to be searched.
    pub(crate) fn room(&self) -> usize {
        match self.kind {
            Kind::Fixed(size) => (size - self.length).min(MAX_READ),
            // Not beyond the longest chunk, so that a hole's chunks begin with its reads.
            Kind::Dynamic(rule) => self.kind.read_size().min(rule.max - self.length),
            Kind::Payload(_) => self.kind.read_size(),
        }
    }

    /// Adds bytes that there is room for.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        let start = HEADROOM + self.length;
        self.reserve(bytes.len())?
            .slice_mut(start, start + bytes.len())
            .copy_from_slice(bytes);
        self.length += bytes.len();
        Ok(())
    }

    /// The current buffer, with room for `more` bytes.
    pub(crate) fn reserve(&mut self, more: usize) -> Result<&mut Buffer, Errno> {
        let pool = &self.engine.pool;
        let limit = self.fill_limit();
        // A stream without anything under way must get on, even above the budget.
        let entitled = || self.outlet.outstanding.load(Ordering::SeqCst) == 0;
        let cancelled = || self.outlet.cancelled();
        let needed = HEADROOM + self.length + more;
        match &mut self.buffer {
            Some(buffer) => {
                if buffer.capacity() < needed {
                    pool.grow(buffer, needed, limit, entitled, cancelled)
                        .map_err(|error| pool_failure(&self.outlet, error))?;
                }
            }
            None => {
                let size = needed.max(HEADROOM + self.kind.usual() + 4096);
                let mut buffer = pool
                    .acquire(size, limit, entitled, cancelled)
                    .map_err(|error| pool_failure(&self.outlet, error))?;
                buffer
                    .slice_mut(HEADROOM, HEADROOM + self.spill.len())
                    .copy_from_slice(&self.spill);
                self.spill.clear();
                self.buffer = Some(buffer);
            }
        }
        match &mut self.buffer {
            Some(buffer) => Ok(buffer),
            None => Err(libc::ENOMEM),
        }
    }

    fn fill_limit(&self) -> usize {
        let largest = match self.kind {
            Kind::Fixed(size) => size,
            Kind::Dynamic(rule) | Kind::Payload(rule) => rule.max,
        };
        self.engine.fill_limit(self.kind.usual(), largest)
    }

    fn scan_if_worthwhile(&mut self) -> Result<(), Errno> {
        match self.kind {
            Kind::Fixed(size) if self.length < size => Ok(()),
            Kind::Dynamic(rule)
                if self.length < rule.max && self.length - self.scanned < self.window() =>
            {
                Ok(())
            }
            _ => self.scan(),
        }
    }

    /// Emits all chunks of which the end is found.
    fn scan(&mut self) -> Result<(), Errno> {
        while self.length > self.scanned {
            let cut = match self.kind {
                Kind::Fixed(size) => (self.length >= size).then_some(size),
                Kind::Dynamic(rule) | Kind::Payload(rule) => self.find(rule, self.scanned)?,
            };
            match cut {
                Some(cut) => self.emit(cut)?,
                None => self.scanned = self.length,
            }
        }
        Ok(())
    }

    pub(crate) fn find(&mut self, rule: CutRule, scanned: usize) -> Result<Option<usize>, Errno> {
        if let Some(Searched(cut)) = self.settle(Some((rule, scanned)))? {
            return Ok(cut.or((self.length >= rule.max).then_some(rule.max)));
        }
        let watch = Stopwatch::start();
        let data = match &self.buffer {
            Some(buffer) => buffer.slice(HEADROOM, HEADROOM + self.length),
            None => &self.spill,
        };
        let cut = rule.find(data, scanned);
        watch.stop(&self.engine.statistics.cut_nanos);
        Ok(cut)
    }

    /// Hands the first `size` bytes on as a chunk; what follows begins the next one.
    pub(crate) fn emit(&mut self, size: usize) -> Result<(), Errno> {
        self.settle(None)?;
        // A cut in bytes that wait for a buffer: they have to get one first.
        self.reserve(0)?;
        let Some(buffer) = self.buffer.take() else {
            return Err(libc::ENOMEM);
        };
        let rest = buffer.slice(HEADROOM + size, HEADROOM + self.length);
        self.length -= size;
        self.scanned = 0;
        let limit = self.fill_limit();
        let usual = HEADROOM + rest.len().max(self.kind.usual() + 4096);
        if rest.is_empty() {
            self.spill.clear();
        } else if let Some(mut next) = self.engine.pool.try_acquire(usual, limit) {
            next.slice_mut(HEADROOM, HEADROOM + rest.len())
                .copy_from_slice(rest);
            self.buffer = Some(next);
        } else {
            // The chunk must go on before memory can come back.
            self.spill.extend_from_slice(rest);
        }
        let memory = ChunkMemory::new(buffer, &self.outlet.outstanding);
        let sequence = self.outlet.open_slot();
        self.engine.submit(Task {
            outlet: Arc::clone(&self.outlet),
            sequence,
            offset: self.offset,
            length: size,
            memory,
            submitted: Instant::now(),
            progress: None,
        });
        self.offset += size as u64;
        self.outlet.wait_for_consumer();
        Ok(())
    }
}

fn pool_failure(outlet: &Outlet, error: PoolError) -> Errno {
    match error {
        PoolError::Cancelled => libc::ECANCELED,
        PoolError::OutOfMemory => outlet.fail(Failure {
            kind: FailureKind::Resource,
            errno: libc::ENOMEM,
            tag: 0,
            offset: None,
        }),
    }
}
