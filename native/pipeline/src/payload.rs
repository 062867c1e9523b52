//! Filling of payload streams: pieces, suggested and forced boundaries.

use crate::chunk::Finished;
use crate::filler::{Filler, Kind, MAX_READ};
use crate::layout::FailureKind;
use pbs_native_posix::Errno;

/// Sizes of the reads and of the write buffer that payload cuts depend on
/// (spec: datastore-formats.md §3.4).
const PAYLOAD_READ: u64 = 4 * 1024 * 1024;
const PAYLOAD_BUFFER: usize = 256 * 1024;

impl Filler {
    pub(crate) fn append_payload(&mut self, mut bytes: &[u8]) -> Result<(), Errno> {
        self.begin_piece(bytes.len() as u64)?;
        while !bytes.is_empty() {
            let (head, rest) = bytes.split_at(bytes.len().min(MAX_READ));
            self.push(head)?;
            bytes = rest;
        }
        Ok(())
    }

    /// Before a write of `size` bytes: what does not fit into the write buffer with it is scanned.
    fn begin_piece(&mut self, size: u64) -> Result<(), Errno> {
        self.scan_held()?;
        let buffered = self.length - self.scanned;
        if buffered > 0 && buffered as u64 + size > PAYLOAD_BUFFER as u64 {
            self.scan_payload(None)?;
        }
        Ok(())
    }

    pub(crate) fn splice_payload(&mut self, number: usize) -> Result<(), Errno> {
        while self.sources[number].left > 0 {
            let left = self.sources[number].left;
            let size = left.min(PAYLOAD_READ);
            self.begin_piece(size)?;
            if size < PAYLOAD_BUFFER as u64 {
                while self.sources[number].left > 0 {
                    self.read(number, usize::MAX)?;
                }
            } else if size < left {
                self.scan_payload(Some((number, left - size)))?;
            } else {
                self.held = Some(number);
                return Ok(());
            }
        }
        Ok(())
    }

    pub(crate) fn scan_held(&mut self) -> Result<(), Errno> {
        match self.held.take() {
            Some(number) => self.scan_payload(Some((number, 0))),
            None => Ok(()),
        }
    }

    /// The stream driver (spec: datastore-formats.md §3.5) for one piece: what is in the buffer and
    /// not scanned, then what is read from a file until `left` bytes of it are left.
    ///
    /// Where holes are passed over, the piece becomes the one in which the file goes on.
    pub(crate) fn scan_payload(&mut self, mut source: Option<(usize, u64)>) -> Result<(), Errno> {
        loop {
            if let Some((number, left)) = &mut source
                && self.length == 0
            {
                self.pass_holes(*number, left)?;
            }
            let more = source.map_or(0, |(number, left)| self.sources[number].left - left);
            let total = self.length + more as usize;
            let cut = if self.scanned < total {
                self.find_payload(total, source)?
            } else {
                None
            };
            let next_cut = cut.unwrap_or(total);
            if let Some(injection) = self.injections.front() {
                let Some(size) = injection.boundary.checked_sub(self.offset) else {
                    return Err(self.fail(FailureKind::Boundary, libc::EINVAL, 0));
                };
                if size <= next_cut as u64 {
                    let size = size as usize;
                    self.fill_to(size, source)?;
                    self.inject(size)?;
                    continue;
                }
            }
            match cut {
                Some(cut) => {
                    self.fill_to(cut, source)?;
                    self.emit(cut)?;
                }
                None => {
                    self.scanned = total;
                    return Ok(());
                }
            }
        }
    }

    /// At the start of a chunk: passes over the holes there, up to the file's last piece. A piece ends
    /// where so many bytes are `left`.
    fn pass_holes(&mut self, number: usize, left: &mut u64) -> Result<(), Errno> {
        if *left == 0 {
            return Ok(());
        }
        let last_piece = (*left - 1) % PAYLOAD_READ + 1;
        while self.pass_hole(number, last_piece)? {}
        while *left > self.sources[number].left {
            *left -= PAYLOAD_READ;
        }
        Ok(())
    }

    /// Reads until the chunk has `size` bytes.
    fn fill_to(&mut self, size: usize, source: Option<(usize, u64)>) -> Result<(), Errno> {
        while self.length < size {
            match source {
                Some((number, left)) if self.sources[number].left > left => {
                    let limit = (self.sources[number].left - left) as usize;
                    self.read(number, limit.min(size - self.length))?;
                }
                _ => return Err(self.fail(FailureKind::Input, libc::EINVAL, 0)),
            }
        }
        Ok(())
    }

    /// The payload chunker (spec: datastore-formats.md §3.4): where the chunk ends, if in this piece.
    fn find_payload(
        &mut self,
        total: usize,
        source: Option<(usize, u64)>,
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
                let cut = self.find(rule, scanned)?;
                if cut.is_some() {
                    return Ok(cut);
                }
                scanned = self.length;
            }
            if self.length >= total {
                return Ok(None);
            }
            // Not beyond the longest chunk, so that a hole's chunks begin with its reads.
            let next = total.min(self.length + self.window());
            let next = next.min(rule.max.max(self.length + 1));
            self.fill_to(next, source)?;
        }
    }

    /// Ends the chunk after `size` bytes, which may be none, and puts the next injection there.
    fn inject(&mut self, size: usize) -> Result<(), Errno> {
        if size > 0 {
            self.emit(size)?;
        }
        self.scanned = 0;
        if let Some(injection) = self.injections.pop_front() {
            for (size, digest) in injection.chunks {
                self.outlet.push_finished(Finished {
                    digest,
                    offset: self.offset,
                    size,
                    injected: true,
                    blob: None,
                });
                self.offset += size;
            }
        }
        self.outlet.wait_for_consumer();
        Ok(())
    }
}
