//! The packed command buffer that a stream is written with; layout in `include/pbs_pipeline.h`.

use crate::known::Digest;
use std::os::fd::{FromRawFd, OwnedFd};

const INLINE: u32 = 1;
const SPLICE: u32 = 2;
const SUGGEST: u32 = 3;
const INJECT: u32 = 4;
const INJECT_ENTRY: usize = 40;

/// A splice of this size goes on to the end of the file.
pub const TO_END: u64 = u64::MAX;

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

    fn parse(&mut self) -> Option<Command<'a>> {
        let header = self.split(8)?;
        let kind = u32_at(header, 0)?;
        let length = u32_at(header, 4)?;
        match kind {
            INLINE => {
                let length = length as usize;
                let padded = self.split(length.checked_next_multiple_of(8)?)?;
                Some(Command::Inline(&padded[..length]))
            }
            SPLICE => {
                let body = self.split(16)?;
                let number = i32::try_from(length).ok()?;
                // SAFETY: the caller hands this descriptor over.
                let fd = unsafe { OwnedFd::from_raw_fd(number) };
                Some(Command::Splice {
                    fd,
                    size: u64_at(body, 0)?,
                    tag: u64_at(body, 8)?,
                })
            }
            SUGGEST => Some(Command::Suggest(u64_at(self.split(8)?, 0)?)),
            INJECT => {
                let boundary = u64_at(self.split(8)?, 0)?;
                let entries = self.split((length as usize).checked_mul(INJECT_ENTRY)?)?;
                let chunks = entries
                    .chunks_exact(INJECT_ENTRY)
                    .map(|entry| Some((u64_at(entry, 0)?, entry[8..].try_into().ok()?)))
                    .collect::<Option<Vec<_>>>()?;
                Some(Command::Inject(Injection { boundary, chunks }))
            }
            _ => None,
        }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
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
