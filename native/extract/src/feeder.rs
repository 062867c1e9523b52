//! Walks commands in the archive's order: makes directories, hands everything else to the workers.

use crate::attributes;
use crate::batch::{Batch, PieceBytes};
use crate::command::{Command, Entry, Malformed, Piece};
use crate::directory::{Directory, DirectoryHandle, Identity, report_directory};
use crate::entries;
use crate::layout::{flag, op};
use crate::place::Place;
use crate::queue::{Job, Queue, Segment};
use crate::replacing;
use crate::report::Step;
use crate::shared::{Shared, count};
use crate::spanning_file::SpanningFile;
use pbs_native_posix::{self as posix, Errno};
use std::ffi::CStr;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Entries and bytes of a segment, at which it is handed to a worker.
const SEGMENT_ENTRIES: usize = 32;
const SEGMENT_BYTES: u64 = 1 << 20;

/// A directory that was entered and not left. Without `handle`: its descriptor was given up for
/// deeper ones. None at all: it could not be made, and what is below is passed over.
struct Level {
    directory: Arc<Directory>,
    handle: Option<Arc<DirectoryHandle>>,
}

pub struct Feeder {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    levels: Vec<Option<Level>>,
    /// Levels from 1 up to here gave up their descriptors.
    closed_below: usize,
    /// Descriptors that levels, and all directories, may hold.
    max_level_handles: usize,
    max_handles: usize,
    file: Option<OpenFile>,
}

/// The file that began in an earlier command. Without `file`: it is passed over.
struct OpenFile {
    file: Option<Arc<SpanningFile>>,
    size: u64,
    position: u64,
}

impl Feeder {
    pub fn new(
        shared: &Arc<Shared>,
        queue: &Arc<Queue>,
        max_handles: usize,
    ) -> Result<Self, Errno> {
        let fd = posix::open_directory(shared.root_fd(), c".")?;
        let identity = Identity::of(fd.as_raw_fd())?;
        let handle = DirectoryHandle::new(shared, fd, &identity, false, None);
        let root = Level {
            directory: Directory::root(identity),
            handle: Some(Arc::new(handle)),
        };
        Ok(Feeder {
            shared: shared.clone(),
            queue: queue.clone(),
            levels: vec![Some(root)],
            closed_below: 1,
            max_level_handles: max_handles / 2,
            max_handles,
            file: None,
        })
    }

    /// Takes all commands of a batch.
    pub fn feed(&mut self, batch: &Arc<Batch>) -> Result<(), Malformed> {
        let commands = &batch.commands;
        let mut at = 0;
        let mut segment = Pending::default();
        while at < commands.len() {
            if self.shared.stopped() {
                return Ok(());
            }
            let command = Command::first(&commands[at..])?;
            let end = at + command.length();
            let in_file = matches!(command.op, op::FILE_PIECES | op::FILE_END | op::FILE_DROP);
            if in_file != self.file.is_some() {
                return Err(Malformed);
            }
            match command.op {
                op::FILE | op::SYMLINK | op::NODE | op::MEND => {
                    let entry = command.entry()?;
                    let size = if command.op == op::FILE {
                        entry.size()
                    } else {
                        0
                    };
                    self.add(batch, &mut segment, at..end, false, size);
                }
                op::HARDLINK => {
                    command.entry()?.link_target()?;
                    self.add(batch, &mut segment, at..end, true, 0);
                }
                other => {
                    self.flush(batch, &mut segment);
                    self.control(batch, other, command)?;
                }
            }
            at = end;
        }
        self.flush(batch, &mut segment);
        Ok(())
    }

    fn control(&mut self, batch: &Arc<Batch>, op: u8, command: Command) -> Result<(), Malformed> {
        match op {
            op::ROOT => {
                if let Some(Some(root)) = self.levels.first() {
                    let entry = command.entry()?;
                    root.directory.set_attributes(entry.attributes);
                    let fd = root.handle.as_ref().map(|handle| handle.raw());
                    self.prepare(fd, entry, || root.directory.path());
                }
            }
            op::ENTER => self.enter(command.entry()?),
            op::LEAVE => {
                if self.levels.len() < 2 {
                    return Err(Malformed);
                }
                self.leave();
            }
            op::FILE_BEGIN => {
                let entry = command.entry()?;
                self.begin_file(entry);
                for piece in entry.pieces() {
                    self.piece(batch, piece?)?;
                }
            }
            op::FILE_PIECES => {
                for piece in command.pieces()? {
                    self.piece(batch, piece?)?;
                }
            }
            op::FILE_END => {
                let file = self.file.take().ok_or(Malformed)?;
                if file.position != file.size {
                    self.file = Some(file);
                    return Err(Malformed);
                }
                if let Some(sequence) = file.file.and_then(|file| file.end(&self.shared)) {
                    self.queue.end_sequence(sequence);
                }
            }
            op::FILE_DROP => self.drop_file(),
            op::REMOVE => {
                let entry = command.entry()?;
                self.remove(entry, entry.link_target()?);
            }
            _ => return Err(Malformed),
        }
        Ok(())
    }

    /// Adds a command to the segment that is being gathered.
    fn add(
        &mut self,
        batch: &Arc<Batch>,
        segment: &mut Pending,
        range: std::ops::Range<usize>,
        links: bool,
        size: u64,
    ) {
        if segment.links != links {
            self.flush(batch, segment);
            segment.links = links;
        }
        if segment.entries == 0 {
            segment.start = range.start;
        }
        segment.end = range.end;
        segment.entries += 1;
        segment.bytes += size;
        if segment.entries >= SEGMENT_ENTRIES || segment.bytes >= SEGMENT_BYTES {
            self.flush(batch, segment);
        }
    }

    /// Hands a segment to the workers.
    fn flush(&mut self, batch: &Arc<Batch>, pending: &mut Pending) {
        let Pending {
            start,
            end,
            links,
            entries,
            ..
        } = std::mem::take(pending);
        if entries == 0 {
            return;
        }
        let Some(Some(level)) = self.levels.last() else {
            return;
        };
        let Some(handle) = &level.handle else { return };
        level.directory.acquire();
        let segment = Segment {
            batch: batch.clone(),
            directory: level.directory.clone(),
            handle: handle.clone(),
            start,
            end,
        };
        let job = if links {
            Job::Links(segment)
        } else {
            Job::Entries(segment)
        };
        self.queue.push(job);
    }

    fn enter(&mut self, entry: Entry) {
        if matches!(self.levels.last(), Some(Some(_))) {
            self.make_room();
        }
        let level = match self.levels.last() {
            Some(Some(parent)) => self.open_below(parent, entry),
            _ => None,
        };
        self.levels.push(level);
    }

    fn open_below(&self, parent: &Level, entry: Entry) -> Option<Level> {
        let handle = parent.handle.as_ref()?;
        let name = entry.name;
        let made = match self.make_directory(handle, entry) {
            Ok(made) => made,
            Err(errno) => {
                self.failed(parent, name, Step::Create, errno);
                return None;
            }
        };
        let opened = posix::open_directory(handle.raw(), name)
            .and_then(|fd| Identity::of(fd.as_raw_fd()).map(|identity| (fd, identity)));
        let (fd, mut identity) = match opened {
            Ok(opened) => opened,
            Err(errno) => {
                self.failed(parent, name, Step::Open, errno);
                return None;
            }
        };
        if !made {
            let raw = Some(fd.as_raw_fd());
            self.prepare(raw, entry, || parent.directory.path_of(name));
        }
        if !made && !self.shared.options.has(flag::IGNORE_PERMISSIONS) {
            identity.make_accessible(fd.as_raw_fd(), self.shared.uid);
        }
        count(&self.shared.counters.directories, 1);
        let inherited = made.then_some(handle.default_acl);
        let directory = Directory::below(&parent.directory, name, identity, entry.attributes);
        let handle = DirectoryHandle::new(&self.shared, fd, &identity, made, inherited);
        Some(Level {
            directory,
            handle: Some(Arc::new(handle)),
        })
    }

    /// Whether the directory is new.
    fn make_directory(&self, handle: &DirectoryHandle, entry: Entry) -> Result<bool, Errno> {
        let options = &self.shared.options;
        // Closed to others while it is being filled; writable whatever the archive says.
        let mode = if options.has(flag::IGNORE_PERMISSIONS) {
            entry.attributes.permissions() & 0o777 | 0o700
        } else {
            0o700
        };
        let (dir, name) = (handle.raw(), entry.name);
        // Something else in the way is removed before the command, if at all.
        let overwrite = options.has(flag::OVERWRITE_OTHERS) && !options.has(flag::REPLACE);
        let made = entries::create(options, dir, name, overwrite, |name| {
            posix::make_directory(dir, name, mode)
        });
        match made {
            Ok(()) => Ok(true),
            Err(libc::EEXIST) if options.has(flag::ALLOW_EXISTING_DIRS) => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// Takes from a directory that exists what the archive's has not.
    fn prepare(&self, fd: Option<RawFd>, entry: Entry, path: impl FnOnce() -> Vec<u8>) {
        let options = &self.shared.options;
        let Some(fd) = fd.filter(|_| options.has(flag::REPLACE)) else {
            return;
        };
        let mut failures = self.shared.new_failures();
        replacing::prepare(Place::Open(fd), entry, options, &mut failures);
        self.shared.report(failures, path);
    }

    fn remove(&self, entry: Entry, path: &CStr) {
        let Some(Some(level)) = self.levels.last() else {
            return;
        };
        let Some(handle) = &level.handle else { return };
        if let Err(errno) = replacing::remove(handle, entry, path, &self.shared.options) {
            self.failed(level, path, Step::Delete, errno);
        }
    }

    fn failed(&self, parent: &Level, name: &CStr, step: Step, errno: Errno) {
        report_directory(&self.shared, &parent.directory, name, step, errno);
    }

    /// Keeps the number of descriptors bounded: far ancestors give theirs up, and what is being
    /// finished is waited for.
    fn make_room(&mut self) {
        while self.levels.len() - self.closed_below >= self.max_level_handles {
            if let Some(Some(level)) = self.levels.get_mut(self.closed_below) {
                level.handle = None;
            }
            self.closed_below += 1;
        }
        let shared = &self.shared;
        let limit = self.max_handles;
        let open = || shared.open_directories.load(Ordering::Acquire);
        if open() >= limit {
            self.queue.wait_until(|| open() < limit || shared.stopped());
        }
    }

    fn leave(&mut self) {
        let Some(Some(level)) = self.levels.pop() else {
            return;
        };
        let top = self.levels.len() - 1;
        if top > 0 && top < self.closed_below {
            self.closed_below = top;
            self.reopen(top, level.handle.as_deref());
            // Holding one descriptor per level on the way up would break the bound as well.
            self.make_room();
        }
        level.directory.leave(level.handle, &self.shared);
    }

    fn reopen(&mut self, index: usize, child: Option<&DirectoryHandle>) {
        let Some(Some(level)) = self.levels.get_mut(index) else {
            return;
        };
        match level.directory.reopen(child, &self.shared) {
            Ok(handle) => level.handle = Some(Arc::new(handle)),
            Err(errno) => {
                let mut failures = self.shared.new_failures();
                failures.add(Step::Open, errno);
                self.shared.report(failures, || level.directory.path());
            }
        }
    }

    fn begin_file(&mut self, entry: Entry) {
        let file = match self.levels.last() {
            Some(Some(level)) => self.create_file(level, entry),
            _ => None,
        };
        self.file = Some(OpenFile {
            file,
            size: entry.size(),
            position: 0,
        });
    }

    fn create_file(&self, level: &Level, entry: Entry) -> Option<Arc<SpanningFile>> {
        let handle = level.handle.as_ref()?;
        let shared = &self.shared;
        let mut failures = shared.new_failures();
        let (fd, temporary) = match entries::create_file(shared, handle, entry.name, 0o600) {
            Ok(created) => created,
            Err(errno) => {
                self.failed(level, entry.name, Step::Create, errno);
                return None;
            }
        };
        attributes::apply_initial_flags(
            fd.as_raw_fd(),
            entry.attributes,
            &shared.options,
            &mut failures,
        );
        shared.report(failures, || level.directory.path_of(entry.name));
        Some(SpanningFile::new(
            fd,
            temporary,
            &level.directory,
            handle,
            entry.name,
            entry.attributes,
            entry.size(),
            self.queue.new_sequence(),
        ))
    }

    fn piece(&mut self, batch: &Arc<Batch>, piece: Piece) -> Result<(), Malformed> {
        let open = self.file.as_mut().ok_or(Malformed)?;
        let offset = open.position;
        let bytes = PieceBytes::new(batch, piece).ok_or(Malformed)?;
        open.position = offset.checked_add(piece.length()).ok_or(Malformed)?;
        if open.position > open.size {
            return Err(Malformed);
        }
        if let Some(file) = &open.file {
            file.acquire();
            let file = file.clone();
            self.queue.push(Job::Piece {
                file,
                offset,
                bytes,
            });
        }
        Ok(())
    }

    /// Leaves everything, the root included, and waits for the workers.
    pub fn finish(&mut self) -> Result<(), Malformed> {
        let whole = self.file.is_none();
        self.drop_file();
        while self.levels.len() > 1 {
            if matches!(self.levels.last(), Some(Some(_))) {
                self.leave();
            } else {
                self.levels.pop();
            }
        }
        if let Some(Some(root)) = self.levels.pop() {
            root.directory.leave(root.handle, &self.shared);
        }
        self.queue.wait_until(|| false);
        if whole { Ok(()) } else { Err(Malformed) }
    }

    /// Gives up a file that has begun; it is unlinked.
    fn drop_file(&mut self) {
        let file = self.file.take().and_then(|open| open.file);
        if let Some(sequence) = file.and_then(|file| file.release(&self.shared)) {
            self.queue.end_sequence(sequence);
        }
    }

    /// Closes everything without applying what was not applied.
    pub fn abandon(&mut self) {
        self.drop_file();
        while let Some(level) = self.levels.pop() {
            if let Some(level) = level {
                level.directory.leave(None, &self.shared);
            }
        }
    }
}

/// The segment that is being gathered.
#[derive(Default)]
struct Pending {
    start: usize,
    end: usize,
    entries: usize,
    bytes: u64,
    links: bool,
}
