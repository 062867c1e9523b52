//! Reading of files into the current chunk: first it is said what lies where, then it is read, by
//! several threads if some are idle. What is not as expected is read again, in order.

use crate::buzhash::CutRule;
use crate::commands::TO_END;
use crate::filler::Filler;
use crate::layout::{FailureKind, ProblemKind};
use crate::piece::Piece;
use crate::pool::HEADROOM;
use crate::source::{ReadError, read_some};
use crate::trouble::Problem;
use crate::window::{Reading, Search, Searched, Window};
use pbs_native_posix::Errno;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Threads that help one stream; more would wait for what is done by one thread.
const HELPERS_MAX: usize = 7;

impl Filler {
    /// Bytes that are read and searched for cuts together.
    pub(crate) fn window(&self) -> usize {
        self.kind.read_size() * (1 + self.engine.helpers().min(HELPERS_MAX))
    }

    /// Adds at most `limit` bytes of a file, which `settle` reads.
    pub(crate) fn read(&mut self, number: usize, limit: usize) -> Result<(), Errno> {
        if self.outlet.cancelled() {
            return Err(libc::ECANCELED);
        }
        let room = self.room().min(limit);
        let left = self.sources[number].left;
        if left == TO_END {
            return self.read_to_end(number, room);
        }
        let size = usize::try_from(left).map_or(room, |left| left.min(room));
        // One byte more tells whether the file goes on.
        self.reserve(size + 1)?;
        self.sources[number].left -= size as u64;
        self.planned.push(Piece {
            source: number,
            at: self.length,
            size,
        });
        self.length += size;
        Ok(())
    }

    /// Reads a block of a file that ends where it ends.
    fn read_to_end(&mut self, number: usize, room: usize) -> Result<(), Errno> {
        self.settle(None)?;
        self.reserve(room)?;
        let Some(buffer) = &mut self.buffer else {
            return Err(libc::ENOMEM);
        };
        let source = &mut self.sources[number];
        let start = HEADROOM + self.length;
        let target = buffer.slice_mut(start, start + room);
        match read_some(source, target, || self.outlet.cancelled()) {
            Ok(0) => (source.left, source.unread) = (0, 0),
            Ok(got) => self.length += got,
            Err(ReadError::Cancelled) => return Err(libc::ECANCELED),
            Err(ReadError::Failed(errno)) => return self.cannot_read(number, errno),
        }
        Ok(())
    }

    /// Reads what has a place, and searches it for cuts on the way if several threads do it: those
    /// behind the first bytes, which have been searched.
    pub(crate) fn settle(
        &mut self,
        search: Option<(CutRule, usize)>,
    ) -> Result<Option<Searched>, Errno> {
        if self.planned.is_empty() {
            return Ok(None);
        }
        let mut planned = std::mem::take(&mut self.planned);
        let size = self.length - planned[0].at;
        let searched = if size > self.part_size() && self.engine.helpers() > 0 {
            self.read_together(&planned, search)?
        } else {
            for piece in &planned {
                self.read_in_order(piece)?;
            }
            None
        };
        planned.clear();
        self.planned = planned;
        Ok(searched)
    }

    fn part_size(&self) -> usize {
        self.kind.read_size() / 2
    }

    fn read_together(
        &mut self,
        planned: &[Piece],
        search: Option<(CutRule, usize)>,
    ) -> Result<Option<Searched>, Errno> {
        let readings = self.readings(planned);
        let length = self.length;
        let to_search = search.and_then(|(rule, scanned)| {
            let from = (scanned + 1).max(rule.min);
            let to = length.min(rule.max);
            (from <= to).then_some(Search { rule, from, to })
        });
        let part_size = self.part_size();
        let Some(buffer) = &mut self.buffer else {
            return Err(libc::ENOMEM);
        };
        let data = buffer.slice_mut(HEADROOM, HEADROOM + length).as_mut_ptr();
        // SAFETY: buffer and files are this filler's, which waits and does nothing else meanwhile; the
        // pieces were given their places one behind the other.
        let window = unsafe { Window::new(data, length, readings, part_size, to_search) };
        let window = Arc::new(window);
        let helpers = window.parts() - 1;
        self.engine.work_with_help(window.clone(), helpers);
        window.wait();
        let nanos = window.search_nanos.load(Ordering::Relaxed);
        let total = &self.engine.statistics.cut_nanos;
        total.fetch_add(nanos, Ordering::Relaxed);
        let bytes = (length - planned[0].at) as u64;
        let together = &self.engine.statistics.together_bytes;
        together.fetch_add(bytes, Ordering::Relaxed);
        let all = self.take_over(planned, window.readings())?;
        Ok((all && search.is_some()).then(|| Searched(window.cut())))
    }

    /// Where in the files the pieces lie.
    fn readings(&self, planned: &[Piece]) -> Vec<Reading> {
        let mut place: Option<(usize, Option<i64>, u64)> = None;
        let reading = |piece: &Piece| {
            let source = &self.sources[piece.source];
            let (position, unread) = match place {
                Some((number, position, unread)) if number == piece.source => (position, unread),
                _ => (source.position(), source.unread),
            };
            let size = piece.size as u64;
            let next = position.map(|position| position + size as i64);
            place = Some((piece.source, next, unread - size));
            Reading::new(
                source.raw_fd(),
                position,
                piece.at,
                piece.size,
                unread == size,
            )
        };
        planned.iter().map(reading).collect()
    }

    /// Notes what was read, and reads the rest in order: of a file that was not as expected everything
    /// from there on. Whether all was as expected.
    fn take_over(&mut self, planned: &[Piece], readings: &[Reading]) -> Result<bool, Errno> {
        let mut unexpected = None;
        let mut all = true;
        for (index, (piece, reading)) in planned.iter().zip(readings).enumerate() {
            let source = &mut self.sources[piece.source];
            let begun = unexpected == Some(piece.source);
            if !begun && reading.done() {
                source.unread -= piece.size as u64;
                let more = planned.get(index + 1).map(|next| next.source) == Some(piece.source);
                // Nothing moved the place from where it is read on.
                if source.unread > 0
                    && !more
                    && let Some(position) = reading.position
                {
                    self.seek(piece.source, position + piece.size as i64)?;
                }
                continue;
            }
            if !begun {
                unexpected = Some(piece.source);
                if let Some(position) = reading.position {
                    self.seek(piece.source, position)?;
                }
            }
            all = false;
            self.read_in_order(piece)?;
        }
        Ok(all)
    }

    fn seek(&self, number: usize, position: i64) -> Result<(), Errno> {
        let source = &self.sources[number];
        match source.seek(position, libc::SEEK_SET) {
            Ok(_) => Ok(()),
            Err(errno) => Err(self.fail(FailureKind::Read, errno, source.tag)),
        }
    }

    /// Reads one piece. At the end of the file the rest becomes zeros.
    fn read_in_order(&mut self, piece: &Piece) -> Result<(), Errno> {
        let end = HEADROOM + piece.at + piece.size;
        let mut at = HEADROOM + piece.at;
        while at < end {
            if self.outlet.cancelled() {
                return Err(libc::ECANCELED);
            }
            let Some(buffer) = &mut self.buffer else {
                return Err(libc::ENOMEM);
            };
            let source = &mut self.sources[piece.source];
            let mut size = end - at;
            if source.exhausted || source.zeros > 0 {
                if !source.exhausted {
                    size = size.min(source.zeros as usize);
                }
                buffer.slice_mut(at, at + size).fill(0);
                source.zeros = source.zeros.saturating_sub(size as u64);
                source.unread -= size as u64;
                at += size;
                continue;
            }
            // What is there already must not be lost to the byte that tells whether the file goes on.
            let last = source.unread == size as u64;
            let target = buffer.slice_mut(at, end + usize::from(last));
            let behind = target[target.len() - 1];
            let result = read_some(source, target, || self.outlet.cancelled());
            if last {
                target[size] = behind;
            }
            let got = match result {
                Ok(got) => got,
                Err(ReadError::Cancelled) => return Err(libc::ECANCELED),
                Err(ReadError::Failed(errno)) => {
                    self.cannot_read(piece.source, errno)?;
                    continue;
                }
            };
            if got == 0 {
                source.exhausted = true;
                self.outlet
                    .report(Problem::of_length(source.tag, ProblemKind::Shrunk));
                continue;
            }
            if got > size {
                self.outlet
                    .report(Problem::of_length(source.tag, ProblemKind::Grew));
            }
            let kept = got.min(size);
            source.unread -= kept as u64;
            at += kept;
        }
        Ok(())
    }
}
