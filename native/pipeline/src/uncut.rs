//! Streams that go into a file or a pipe as they are, instead of being cut into chunks.

use crate::commands::{Command, Commands, TO_END};
use crate::layout::ProblemKind;
use crate::source::{ReadError, Source, read_some};
use crate::trouble::Problem;
use pbs_native_posix::{self as posix, Errno};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU32, Ordering};

/// Bytes of a write, unless the commands end.
const BLOCK: usize = 256 * 1024;
/// With less room than this a file is not read into the block.
const MIN_READ: usize = 32 * 1024;
const POLL_MILLISECONDS: i32 = 100;

/// Carries out a command buffer on an open file, at its position, and tells what was wrong with the files
/// in it. Descriptors in the commands are closed in any case.
pub fn write(output: RawFd, commands: &[u8], cancelled: &AtomicU32) -> Result<Vec<Problem>, Errno> {
    let mut writer = Uncut::new(output, cancelled);
    let mut result = Ok(());
    for command in Commands(commands) {
        // After an error the rest is only visited, which closes the descriptors.
        if result.is_ok() {
            result = match command {
                Ok(command) => writer.execute(command),
                Err(_) => Err(libc::EINVAL),
            };
        }
    }
    result.and_then(|()| writer.flush())?;
    Ok(writer.problems)
}

struct Uncut<'a> {
    output: RawFd,
    cancelled: &'a AtomicU32,
    /// One byte more than a block: it tells whether a file goes on.
    block: Vec<u8>,
    length: usize,
    problems: Vec<Problem>,
}

impl<'a> Uncut<'a> {
    fn new(output: RawFd, cancelled: &'a AtomicU32) -> Self {
        Self {
            output,
            cancelled,
            block: vec![0; BLOCK + 1],
            length: 0,
            problems: Vec::new(),
        }
    }

    fn execute(&mut self, command: Command<'_>) -> Result<(), i32> {
        match command {
            Command::Inline(bytes) => self.append(bytes),
            Command::Splice { size: TO_END, .. } => Err(libc::EINVAL),
            Command::Splice { fd, size, tag } => {
                let mut source = Source::new(fd, size, tag);
                while source.unread > 0 {
                    self.read(&mut source)?;
                }
                Ok(())
            }
            // Where chunks may end does not matter here.
            Command::Suggest(_) => Ok(()),
            Command::Inject(_) => Err(libc::EINVAL),
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), i32> {
        if self.length + bytes.len() > BLOCK {
            self.flush()?;
        }
        if bytes.len() > BLOCK {
            return write_all(self.output, bytes, self.cancelled);
        }
        self.block[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
        Ok(())
    }

    /// Reads a part of a file. At its end the rest becomes zeros (spec: pxar.md §5.6).
    fn read(&mut self, source: &mut Source) -> Result<(), i32> {
        if is_set(self.cancelled) {
            return Err(libc::ECANCELED);
        }
        let wanted = usize::try_from(source.unread)
            .unwrap_or(BLOCK)
            .min(MIN_READ);
        if self.length + wanted > BLOCK {
            self.flush()?;
        }
        let start = self.length;
        let room = BLOCK - start;
        let size = usize::try_from(source.unread).map_or(room, |left| left.min(room));
        if source.exhausted || source.zeros > 0 {
            let size = if source.exhausted {
                size
            } else {
                size.min(source.zeros as usize)
            };
            self.block[start..start + size].fill(0);
            source.zeros = source.zeros.saturating_sub(size as u64);
            source.unread -= size as u64;
            self.length += size;
            return Ok(());
        }
        let last = source.unread == size as u64;
        let target = &mut self.block[start..start + size + usize::from(last)];
        let got = match read_some(source, target, || is_set(self.cancelled)) {
            Ok(got) => got,
            Err(ReadError::Cancelled) => return Err(libc::ECANCELED),
            Err(ReadError::Failed(errno)) => {
                let gap = source.pass_unreadable(errno);
                self.problems.push(Problem {
                    tag: source.tag,
                    kind: ProblemKind::Unreadable,
                    errno,
                    offset: gap.offset,
                    length: gap.length,
                });
                return Ok(());
            }
        };
        if got == 0 {
            source.exhausted = true;
            self.report(source.tag, ProblemKind::Shrunk);
            return Ok(());
        }
        if got > size {
            self.report(source.tag, ProblemKind::Grew);
        }
        let kept = got.min(size);
        source.unread -= kept as u64;
        self.length += kept;
        Ok(())
    }

    fn report(&mut self, tag: u64, kind: ProblemKind) {
        self.problems.push(Problem::of_length(tag, kind));
    }

    fn flush(&mut self) -> Result<(), i32> {
        let length = std::mem::take(&mut self.length);
        write_all(self.output, &self.block[..length], self.cancelled)
    }
}

fn is_set(cancelled: &AtomicU32) -> bool {
    cancelled.load(Ordering::Relaxed) != 0
}

fn write_all(output: RawFd, mut bytes: &[u8], cancelled: &AtomicU32) -> Result<(), Errno> {
    while !bytes.is_empty() {
        if is_set(cancelled) {
            return Err(libc::ECANCELED);
        }
        match posix::write(output, bytes) {
            Ok(0) => return Err(libc::EIO),
            Ok(put) => bytes = &bytes[put..],
            Err(libc::EINTR) => {}
            // Waits a moment at most, then looks whether it is still to go on.
            Err(libc::EAGAIN) => {
                posix::wait_writable(output, POLL_MILLISECONDS);
            }
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
