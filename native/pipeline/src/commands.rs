//! The packed command buffer that a stream is written with; layout in `include/pbs_pipeline.h`.

use crate::known::Digest;
use crate::layout::{
    InjectCommand, InjectEntry, SpliceCommand, StreamCommandHead, SuggestCommand, command,
    splice_size,
};
use pbs_native_interface::Record;
use std::os::fd::{FromRawFd, OwnedFd};

/// A splice of this size goes on to the end of the file.
pub const TO_END: u64 = splice_size::TO_END;

pub struct Injection {
    pub boundary: u64,
    pub chunks: Vec<(u64, Digest)>,
}

pub enum Command<'a> {
    Inline(&'a [u8]),
    Splice { fd: OwnedFd, size: u64, tag: u64 },
    Suggest(u64),
    Inject(Injection),
}

/// Iterates over the commands of a buffer; a record that does not fit ends it with an error.
/// Descriptors are owned by the commands that come out, so every record has to be visited.
pub struct Commands<'a>(pub &'a [u8]);

pub struct Malformed;

impl<'a> Commands<'a> {
    fn split(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn take<T: Record>(&mut self) -> Option<T> {
        T::read(self.split(size_of::<T>())?)
    }

    fn parse(&mut self) -> Option<Command<'a>> {
        match StreamCommandHead::read(self.0)?.kind {
            command::INLINE => {
                let length = self.take::<StreamCommandHead>()?.argument as usize;
                let padded = self.split(length.checked_next_multiple_of(8)?)?;
                Some(Command::Inline(&padded[..length]))
            }
            command::SPLICE => {
                let SpliceCommand {
                    descriptor,
                    size,
                    tag,
                    ..
                } = self.take()?;
                if descriptor < 0 {
                    return None;
                }
                // SAFETY: the caller hands this descriptor over.
                let fd = unsafe { OwnedFd::from_raw_fd(descriptor) };
                Some(Command::Splice { fd, size, tag })
            }
            command::SUGGEST => Some(Command::Suggest(self.take::<SuggestCommand>()?.offset)),
            command::INJECT => {
                let head: InjectCommand = self.take()?;
                let length = (head.count as usize).checked_mul(size_of::<InjectEntry>())?;
                let chunks = self
                    .split(length)?
                    .chunks_exact(size_of::<InjectEntry>())
                    .map(|entry| InjectEntry::read(entry).map(|entry| (entry.size, entry.digest)))
                    .collect::<Option<Vec<_>>>()?;
                Some(Command::Inject(Injection {
                    boundary: head.boundary,
                    chunks,
                }))
            }
            _ => None,
        }
    }
}

impl<'a> Iterator for Commands<'a> {
    type Item = Result<Command<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let command = self.parse().ok_or(Malformed);
        if command.is_err() {
            self.0 = &[];
        }
        Some(command)
    }
}
