//! Regular files whose commands are spread over several batches.

use crate::attributes::{self, Attributes, Current, OwnedAttributes};
use crate::directory::{Directory, DirectoryHandle};
use crate::entries::{remove_incomplete, settle_file};
use crate::place::Place;
use crate::report::Step;
use crate::shared::{Shared, count};
use crate::sparse::Runs;
use pbs_native_interface::unpoisoned;
use pbs_native_posix::{self as posix, Errno};
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

pub struct SpanningFile {
    /// Taken when the file is finished.
    fd: Mutex<Option<OwnedFd>>,
    raw: i32,
    directory: Arc<Directory>,
    handle: Arc<DirectoryHandle>,
    /// Its name until it is complete, if that is another one.
    temporary: Option<CString>,
    name: Box<CStr>,
    attributes: OwnedAttributes,
    pub size: u64,
    /// Place in the order that hard links go by.
    sequence: u64,
    /// Pieces that are not written, and one until the end was seen.
    pending: AtomicUsize,
    /// End of the last bytes that were written; holes behind it need a truncate.
    written: AtomicU64,
    complete: AtomicBool,
    failed: AtomicI32,
}

impl SpanningFile {
    /// Takes over a file that was just made, with mode 0600.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        fd: OwnedFd,
        temporary: Option<CString>,
        directory: &Arc<Directory>,
        handle: &Arc<DirectoryHandle>,
        name: &CStr,
        attributes: Attributes,
        size: u64,
        sequence: u64,
    ) -> Arc<Self> {
        directory.acquire();
        Arc::new(SpanningFile {
            raw: fd.as_raw_fd(),
            fd: Mutex::new(Some(fd)),
            directory: directory.clone(),
            handle: handle.clone(),
            temporary,
            name: name.into(),
            attributes: attributes.to_owned(),
            size,
            sequence,
            pending: AtomicUsize::new(1),
            written: AtomicU64::new(0),
            complete: AtomicBool::new(false),
            failed: AtomicI32::new(0),
        })
    }

    /// One more piece to write.
    pub fn acquire(&self) {
        self.pending.fetch_add(1, Ordering::Relaxed);
    }

    /// Writes a piece. To be called between `acquire` and `release`.
    pub fn write(&self, offset: u64, bytes: &[u8], shared: &Shared) {
        if shared.stopped() || self.failed.load(Ordering::Relaxed) != 0 {
            return;
        }
        for (at, run) in Runs::new(bytes, offset) {
            if let Err(errno) = posix::write_at(self.raw, run, at as i64) {
                self.failed.store(errno, Ordering::Relaxed);
                return;
            }
            self.written
                .fetch_max(at + run.len() as u64, Ordering::Relaxed);
        }
    }

    /// The end was seen: all pieces are there.
    #[must_use]
    pub fn end(&self, shared: &Shared) -> Option<u64> {
        self.complete.store(true, Ordering::Release);
        self.release(shared)
    }

    /// One piece less; the last one finishes the file and gives its place in the order, which the queue
    /// has to be told.
    #[must_use]
    pub fn release(&self, shared: &Shared) -> Option<u64> {
        if self.pending.fetch_sub(1, Ordering::AcqRel) != 1 {
            return None;
        }
        if let Some(fd) = unpoisoned(self.fd.lock()).take() {
            self.finish(fd, shared);
        }
        self.directory.clone().release(shared);
        Some(self.sequence)
    }

    fn finish(&self, fd: OwnedFd, shared: &Shared) {
        let mut failures = shared.new_failures();
        let mut result = match self.failed.load(Ordering::Relaxed) {
            0 => Ok(()),
            errno => Err(errno),
        };
        let dropped = shared.stopped() || !self.complete.load(Ordering::Acquire);
        if !dropped {
            result = result.and_then(|()| self.finish_data(&fd, shared, &mut failures));
            let closed = posix::close(fd);
            let temporary = self.temporary.as_deref();
            result = result
                .and(closed)
                .and_then(|()| settle_file(shared, &self.handle, temporary, &self.name));
        }
        if dropped || result.is_err() {
            let name = self.temporary.as_deref().unwrap_or(&self.name);
            remove_incomplete(&self.handle, name, &mut failures);
        } else {
            count(&shared.counters.files, 1);
            count(&shared.counters.bytes, self.size);
        }
        if let Err(errno) = result {
            failures.add(Step::Write, errno);
        }
        shared.report(failures, || self.directory.path_of(&self.name));
    }

    fn finish_data(
        &self,
        fd: &OwnedFd,
        shared: &Shared,
        failures: &mut crate::report::Failures,
    ) -> Result<(), Errno> {
        if self.written.load(Ordering::Relaxed) < self.size {
            posix::truncate(fd.as_raw_fd(), self.size as i64)?;
        }
        let owner = self.handle.plain.then_some((shared.uid, shared.gid));
        let current = Current {
            owner,
            permissions: (!self.handle.default_acl).then_some(0o600),
        };
        let place = Place::Open(fd.as_raw_fd());
        attributes::apply(
            place,
            self.attributes.view(),
            current,
            &shared.options,
            failures,
        );
        Ok(())
    }
}
