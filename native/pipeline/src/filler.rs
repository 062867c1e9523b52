//! The filling side of a stream: reads files, collects bytes, finds cuts.

use crate::buzhash::CutRule;
use crate::commands::{Command, Commands, Injection, TO_END};
use crate::engine::{Stopwatch, Task};
use crate::pool::{Buffer, HEADROOM, PoolError};
use crate::stream::{ChunkMemory, Failure, FailureKind, Finished, Problem, ProblemKind, Stream};
use std::collections::VecDeque;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

const MAX_READ: usize = 256 * 1024;
const MIN_READ: usize = 32 * 1024;
/// Sizes of the reads and of the write buffer that payload cuts depend on
/// (spec: datastore-formats.md §3.4).
const PAYLOAD_READ: u64 = 4 * 1024 * 1024;
const PAYLOAD_BUFFER: usize = 256 * 1024;
/// Splices from here on are asked what they are: only regular files never keep a read waiting.
const LARGE_SPLICE: u64 = 1024 * 1024;
const POLL_MILLISECONDS: i32 = 100;

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

    fn read_size(self) -> usize {
        (self.usual() / 4).clamp(MIN_READ, MAX_READ)
    }
}

/// A file being read into the stream.
struct Source {
    fd: OwnedFd,
    left: u64,
    tag: u64,
    /// The file ended early: the rest is zeros.
    exhausted: bool,
    /// Reads may wait for long: poll first, to notice an abort.
    waits: bool,
}

impl Source {
    fn new(fd: OwnedFd, size: u64, tag: u64) -> Self {
        let waits = size >= LARGE_SPLICE && !is_regular(&fd);
        Self {
            fd,
            left: size,
            tag,
            exhausted: false,
            waits,
        }
    }
}

fn is_regular(fd: &OwnedFd) -> bool {
    let mut status = std::mem::MaybeUninit::<libc::stat>::uninit();
    unsafe {
        libc::fstat(fd.as_raw_fd(), status.as_mut_ptr()) == 0
            && (status.assume_init().st_mode & libc::S_IFMT) == libc::S_IFREG
    }
}

/// Why filling stops: an error number, with the failure already noted in the stream.
type Errno = i32;

pub struct Filler {
    kind: Kind,
    /// The current chunk's buffer. Its bytes lie behind the headroom.
    buffer: Option<Buffer>,
    /// Bytes in the buffer, or in `spill` while there is no buffer.
    length: usize,
    /// How many of them no further cut is searched in.
    scanned: usize,
    /// Bytes behind a cut that wait for the next buffer.
    spill: Vec<u8>,
    /// Stream offset of the current chunk, injected chunks included.
    offset: u64,
    suggestions: VecDeque<u64>,
    injections: VecDeque<Injection>,
    /// The last read of a payload file: is done when it is known what follows.
    held: Option<Source>,
    ended: bool,
}

impl Filler {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            buffer: None,
            length: 0,
            scanned: 0,
            spill: Vec::new(),
            offset: 0,
            suggestions: VecDeque::new(),
            injections: VecDeque::new(),
            held: None,
            ended: false,
        }
    }

    /// Carries out a command buffer. Descriptors in it are closed in any case.
    pub fn write(&mut self, stream: &Arc<Stream>, bytes: &[u8]) -> Result<(), Errno> {
        let mut result = match stream.failure() {
            _ if stream.cancelled() => Err(libc::ECANCELED),
            _ if self.ended => Err(libc::EPIPE),
            Some(failure) => Err(failure.errno),
            None => Ok(()),
        };
        let watch = Stopwatch::start();
        for command in Commands(bytes) {
            // After an error the rest is only visited, which closes the descriptors.
            if result.is_ok() {
                result = match command {
                    Ok(command) => self.execute(stream, command),
                    Err(_) => Err(fail(stream, FailureKind::Input, libc::EINVAL, 0)),
                };
            }
        }
        watch.stop(&stream.engine.statistics.fill_nanos);
        if result.is_err() {
            self.drop_all();
        }
        result
    }

    /// Cuts and hands on what is left.
    pub fn end(&mut self, stream: &Arc<Stream>) -> Result<(), Errno> {
        if stream.cancelled() {
            return Err(libc::ECANCELED);
        }
        if let Some(failure) = stream.failure() {
            return Err(failure.errno);
        }
        if self.ended {
            return Ok(());
        }
        let result = self.finish(stream);
        if result.is_err() {
            self.drop_all();
        }
        result
    }

    fn finish(&mut self, stream: &Arc<Stream>) -> Result<(), Errno> {
        if matches!(self.kind, Kind::Payload(_)) {
            self.scan_held(stream)?;
            self.scan_payload(stream, None)?;
            if !self.injections.is_empty() {
                return Err(fail(stream, FailureKind::Boundary, libc::EINVAL, 0));
            }
        } else {
            self.scan(stream)?;
        }
        if self.length > 0 {
            self.emit(stream, self.length)?;
        }
        self.ended = true;
        stream.end();
        Ok(())
    }

    fn drop_all(&mut self) {
        self.buffer = None;
        self.spill = Vec::new();
        self.length = 0;
        self.scanned = 0;
        self.held = None;
        self.injections.clear();
    }

    fn execute(&mut self, stream: &Arc<Stream>, command: Command<'_>) -> Result<(), Errno> {
        let payload = matches!(self.kind, Kind::Payload(_));
        match command {
            Command::Inline(bytes) if payload => self.append_payload(stream, bytes),
            Command::Inline(bytes) => self.append(stream, bytes),
            Command::Splice { size: TO_END, .. } if payload => {
                Err(fail(stream, FailureKind::Input, libc::EINVAL, 0))
            }
            Command::Splice { fd, size, tag } => {
                let mut source = Source::new(fd, size, tag);
                if payload {
                    self.splice_payload(stream, source)
                } else {
                    while source.left > 0 {
                        self.read(stream, &mut source, usize::MAX)?;
                        self.scan_if_worthwhile(stream)?;
                    }
                    Ok(())
                }
            }
            Command::Suggest(offset) => {
                self.suggestions.push_back(offset);
                Ok(())
            }
            Command::Inject(_) if !payload => {
                Err(fail(stream, FailureKind::Input, libc::EINVAL, 0))
            }
            Command::Inject(injection) => {
                self.injections.push_back(injection);
                Ok(())
            }
        }
    }

    fn append(&mut self, stream: &Arc<Stream>, mut bytes: &[u8]) -> Result<(), Errno> {
        while !bytes.is_empty() {
            let room = self.room();
            let (head, rest) = bytes.split_at(bytes.len().min(room));
            self.push(stream, head)?;
            bytes = rest;
            self.scan_if_worthwhile(stream)?;
        }
        Ok(())
    }

    /// Bytes that may be added before cuts have to be searched.
    fn room(&self) -> usize {
        match self.kind {
            Kind::Fixed(size) => (size - self.length).min(MAX_READ),
            _ => self.kind.read_size(),
        }
    }

    /// Adds bytes that there is room for.
    fn push(&mut self, stream: &Arc<Stream>, bytes: &[u8]) -> Result<(), Errno> {
        let start = HEADROOM + self.length;
        self.reserve(stream, bytes.len())?
            .slice_mut(start, start + bytes.len())
            .copy_from_slice(bytes);
        self.length += bytes.len();
        Ok(())
    }

    /// The current buffer, with room for `more` bytes.
    fn reserve(&mut self, stream: &Arc<Stream>, more: usize) -> Result<&mut Buffer, Errno> {
        let pool = &stream.engine.pool;
        let limit = self.fill_limit(stream);
        // A stream without anything under way must get on, even above the budget.
        let entitled = || stream.outstanding.load(Ordering::SeqCst) == 0;
        let cancelled = || stream.cancelled();
        let needed = HEADROOM + self.length + more;
        match &mut self.buffer {
            Some(buffer) => {
                if buffer.capacity() < needed {
                    pool.grow(buffer, needed, limit, entitled, cancelled)
                        .map_err(|error| pool_failure(stream, error))?;
                }
            }
            None => {
                let size = needed.max(HEADROOM + self.kind.usual() + 4096);
                let mut buffer = pool
                    .acquire(size, limit, entitled, cancelled)
                    .map_err(|error| pool_failure(stream, error))?;
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

    fn fill_limit(&self, stream: &Stream) -> usize {
        let largest = match self.kind {
            Kind::Fixed(size) => size,
            Kind::Dynamic(rule) | Kind::Payload(rule) => rule.max,
        };
        stream.engine.fill_limit(self.kind.usual(), largest)
    }

    /// Reads a block of at most `limit` bytes of a file. At its end the rest becomes zeros.
    fn read(
        &mut self,
        stream: &Arc<Stream>,
        source: &mut Source,
        limit: usize,
    ) -> Result<(), Errno> {
        let room = self.room().min(limit);
        let size = usize::try_from(source.left).map_or(room, |left| left.min(room));
        if stream.cancelled() {
            return Err(libc::ECANCELED);
        }
        let start = HEADROOM + self.length;
        // One byte more tells whether the file goes on.
        let buffer = self.reserve(stream, size + 1)?;
        if source.exhausted {
            buffer.slice_mut(start, start + size).fill(0);
            source.left -= size as u64;
            self.length += size;
            return Ok(());
        }
        let last = source.left == size as u64;
        let target = buffer.slice_mut(start, start + size + usize::from(last));
        let got = read_some(stream, source, target)?;
        if got == 0 {
            if source.left == TO_END {
                source.left = 0;
                return Ok(());
            }
            source.exhausted = true;
            let kind = ProblemKind::Shrunk;
            let tag = source.tag;
            stream.report(Problem { tag, kind });
            return Ok(());
        }
        if got > size {
            let kind = ProblemKind::Grew;
            let tag = source.tag;
            stream.report(Problem { tag, kind });
        }
        let kept = got.min(size);
        if source.left != TO_END {
            source.left -= kept as u64;
        }
        self.length += kept;
        Ok(())
    }

    fn scan_if_worthwhile(&mut self, stream: &Arc<Stream>) -> Result<(), Errno> {
        match self.kind {
            Kind::Fixed(size) if self.length < size => Ok(()),
            Kind::Dynamic(_) if self.length - self.scanned < self.kind.read_size() => Ok(()),
            _ => self.scan(stream),
        }
    }

    /// Emits all chunks of which the end is found.
    fn scan(&mut self, stream: &Arc<Stream>) -> Result<(), Errno> {
        while self.length > self.scanned {
            let cut = match self.kind {
                Kind::Fixed(size) => (self.length >= size).then_some(size),
                Kind::Dynamic(rule) | Kind::Payload(rule) => self.find(stream, rule, self.scanned),
            };
            match cut {
                Some(cut) => self.emit(stream, cut)?,
                None => self.scanned = self.length,
            }
        }
        Ok(())
    }

    fn find(&self, stream: &Stream, rule: CutRule, scanned: usize) -> Option<usize> {
        let watch = Stopwatch::start();
        let data = match &self.buffer {
            Some(buffer) => buffer.slice(HEADROOM, HEADROOM + self.length),
            None => &self.spill,
        };
        let cut = rule.find(data, scanned);
        watch.stop(&stream.engine.statistics.cut_nanos);
        cut
    }

    /// Hands the first `size` bytes on as a chunk; what follows begins the next one.
    fn emit(&mut self, stream: &Arc<Stream>, size: usize) -> Result<(), Errno> {
        // A cut in bytes that wait for a buffer: they have to get one first.
        self.reserve(stream, 0)?;
        let Some(buffer) = self.buffer.take() else {
            return Err(libc::ENOMEM);
        };
        let rest = buffer.slice(HEADROOM + size, HEADROOM + self.length);
        self.length -= size;
        self.scanned = 0;
        let limit = self.fill_limit(stream);
        let usual = HEADROOM + rest.len().max(self.kind.usual() + 4096);
        if rest.is_empty() {
            self.spill.clear();
        } else if let Some(mut next) = stream.engine.pool.try_acquire(usual, limit) {
            next.slice_mut(HEADROOM, HEADROOM + rest.len())
                .copy_from_slice(rest);
            self.buffer = Some(next);
        } else {
            // The chunk must go on before memory can come back.
            self.spill.extend_from_slice(rest);
        }
        let memory = ChunkMemory::new(buffer, &stream.outstanding);
        let sequence = stream.open_slot();
        stream.engine.submit(Task {
            stream: Arc::clone(stream),
            sequence,
            offset: self.offset,
            length: size,
            memory,
            submitted: Instant::now(),
            progress: None,
        });
        self.offset += size as u64;
        stream.wait_for_consumer();
        Ok(())
    }

    fn append_payload(&mut self, stream: &Arc<Stream>, mut bytes: &[u8]) -> Result<(), Errno> {
        self.begin_piece(stream, bytes.len() as u64)?;
        while !bytes.is_empty() {
            let (head, rest) = bytes.split_at(bytes.len().min(MAX_READ));
            self.push(stream, head)?;
            bytes = rest;
        }
        Ok(())
    }

    /// Before a write of `size` bytes: what does not fit into the write buffer with it is scanned.
    fn begin_piece(&mut self, stream: &Arc<Stream>, size: u64) -> Result<(), Errno> {
        self.scan_held(stream)?;
        let buffered = self.length - self.scanned;
        if buffered > 0 && buffered as u64 + size > PAYLOAD_BUFFER as u64 {
            self.scan_payload(stream, None)?;
        }
        Ok(())
    }

    fn splice_payload(&mut self, stream: &Arc<Stream>, mut source: Source) -> Result<(), Errno> {
        while source.left > 0 {
            let size = source.left.min(PAYLOAD_READ);
            self.begin_piece(stream, size)?;
            if size < PAYLOAD_BUFFER as u64 {
                while source.left > 0 {
                    self.read(stream, &mut source, usize::MAX)?;
                }
            } else if size < source.left {
                let end = source.left - size;
                self.scan_payload(stream, Some((&mut source, end)))?;
            } else {
                self.held = Some(source);
                return Ok(());
            }
        }
        Ok(())
    }

    fn scan_held(&mut self, stream: &Arc<Stream>) -> Result<(), Errno> {
        match self.held.take() {
            Some(mut source) => self.scan_payload(stream, Some((&mut source, 0))),
            None => Ok(()),
        }
    }

    /// The stream driver (spec: datastore-formats.md §3.5) for one piece: what is in the buffer and
    /// not scanned, then what is read from a file until `left` bytes of it are left.
    fn scan_payload(
        &mut self,
        stream: &Arc<Stream>,
        mut source: Option<(&mut Source, u64)>,
    ) -> Result<(), Errno> {
        loop {
            let unread = source
                .as_ref()
                .map_or(0, |(source, left)| (source.left - left) as usize);
            let total = self.length + unread;
            let cut = if self.scanned < total {
                self.find_payload(stream, total, &mut source)?
            } else {
                None
            };
            let next_cut = cut.unwrap_or(total);
            if let Some(injection) = self.injections.front() {
                let Some(size) = injection.boundary.checked_sub(self.offset) else {
                    return Err(fail(stream, FailureKind::Boundary, libc::EINVAL, 0));
                };
                if size <= next_cut as u64 {
                    let size = size as usize;
                    self.fill_to(stream, size, &mut source)?;
                    self.inject(stream, size)?;
                    continue;
                }
            }
            match cut {
                Some(cut) => {
                    self.fill_to(stream, cut, &mut source)?;
                    self.emit(stream, cut)?;
                }
                None => {
                    self.scanned = total;
                    return Ok(());
                }
            }
        }
    }

    /// Reads until the chunk has `size` bytes.
    fn fill_to(
        &mut self,
        stream: &Arc<Stream>,
        size: usize,
        source: &mut Option<(&mut Source, u64)>,
    ) -> Result<(), Errno> {
        while self.length < size {
            match source {
                Some((source, left)) if source.left > *left => {
                    let limit = (source.left - *left) as usize;
                    self.read(stream, source, limit)?;
                }
                _ => return Err(fail(stream, FailureKind::Input, libc::EINVAL, 0)),
            }
        }
        Ok(())
    }

    /// The payload chunker (spec: datastore-formats.md §3.4): where the chunk ends, if in this piece.
    fn find_payload(
        &mut self,
        stream: &Arc<Stream>,
        total: usize,
        source: &mut Option<(&mut Source, u64)>,
    ) -> Result<Option<usize>, Errno> {
        let Kind::Payload(rule) = self.kind else {
            return Ok(None);
        };
        while let Some(&suggestion) = self.suggestions.front() {
            if suggestion < self.offset + self.scanned as u64 {
                self.suggestions.pop_front();
                continue;
            }
            if suggestion > self.offset + total as u64 {
                break;
            }
            let size = (suggestion - self.offset) as usize;
            if size > rule.max {
                break;
            }
            self.suggestions.pop_front();
            if size < rule.min {
                continue;
            }
            if size == self.scanned {
                break;
            }
            return Ok(Some(size));
        }
        let mut scanned = self.scanned;
        loop {
            if self.length > scanned {
                let cut = self.find(stream, rule, scanned);
                if cut.is_some() {
                    return Ok(cut);
                }
                scanned = self.length;
            }
            if self.length >= total {
                return Ok(None);
            }
            let next = self.length + 1;
            self.fill_to(stream, next, source)?;
        }
    }

    /// Ends the chunk after `size` bytes, which may be none, and puts the next injection there.
    fn inject(&mut self, stream: &Arc<Stream>, size: usize) -> Result<(), Errno> {
        if size > 0 {
            self.emit(stream, size)?;
        }
        self.scanned = 0;
        if let Some(injection) = self.injections.pop_front() {
            for (size, digest) in injection.chunks {
                stream.push_finished(Finished {
                    digest,
                    offset: self.offset,
                    size,
                    injected: true,
                    blob: None,
                });
                self.offset += size;
            }
        }
        stream.wait_for_consumer();
        Ok(())
    }
}

fn fail(stream: &Stream, kind: FailureKind, errno: i32, tag: u64) -> Errno {
    stream.fail(Failure { kind, errno, tag })
}

fn pool_failure(stream: &Stream, error: PoolError) -> Errno {
    match error {
        PoolError::Cancelled => libc::ECANCELED,
        PoolError::OutOfMemory => fail(stream, FailureKind::Resource, libc::ENOMEM, 0),
    }
}

fn read_some(stream: &Stream, source: &Source, target: &mut [u8]) -> Result<usize, Errno> {
    loop {
        if source.waits {
            wait_readable(stream, source)?;
        }
        let got = unsafe {
            libc::read(
                source.fd.as_raw_fd(),
                target.as_mut_ptr().cast(),
                target.len(),
            )
        };
        if got >= 0 {
            return Ok(got as usize);
        }
        match std::io::Error::last_os_error().raw_os_error() {
            Some(libc::EINTR) => {}
            Some(libc::EAGAIN) => wait_readable(stream, source)?,
            errno => {
                let errno = errno.unwrap_or(libc::EIO);
                return Err(fail(stream, FailureKind::Read, errno, source.tag));
            }
        }
    }
}

fn wait_readable(stream: &Stream, source: &Source) -> Result<(), Errno> {
    let mut poll = libc::pollfd {
        fd: source.fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    while unsafe { libc::poll(&mut poll, 1, POLL_MILLISECONDS) } <= 0 {
        if stream.cancelled() {
            return Err(libc::ECANCELED);
        }
    }
    Ok(())
}
