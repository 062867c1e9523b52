//! Holes of sparse files: chunks of zeros that are known without being read.

use crate::chunk::Finished;
use crate::commands::TO_END;
use crate::filler::{Filler, Kind};
use crate::source::Source;
use pbs_native_posix::Errno;

impl Filler {
    /// At the start of a chunk: makes one of a hole, if it is large enough and a chunk like that was
    /// there before. Zeros are never cut before the maximum: the hash of 64 zeros is zero.
    ///
    /// The last bytes of a file, `kept` or more, are always read, which shows whether it ends where it
    /// should.
    pub(crate) fn pass_hole(&mut self, number: usize, kept: u64) -> Result<bool, Errno> {
        let size = match self.kind {
            Kind::Fixed(size) => size,
            Kind::Dynamic(rule) => rule.max,
            Kind::Payload(rule) if self.has_boundary(rule.min, rule.max) => return Ok(false),
            Kind::Payload(rule) => rule.max,
        };
        let source = &mut self.sources[number];
        let zeros = source.exhausted || source.zeros > 0;
        if source.left == TO_END || source.left < size as u64 + kept || zeros {
            return Ok(false);
        }
        // Asked first, because it takes no system call.
        let Some(digest) = self.engine.known_zeros(&self.outlet, size) else {
            return Ok(false);
        };
        if self.outlet.cancelled() {
            return Err(libc::ECANCELED);
        }
        match source.skip_hole(size) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(errno) => return self.cannot_read(number, errno).map(|()| false),
        }
        self.outlet.push_finished(Finished {
            digest,
            offset: self.offset,
            size: size as u64,
            injected: false,
            blob: None,
        });
        self.offset += size as u64;
        self.outlet.wait_for_consumer();
        Ok(true)
    }

    /// Whether the current chunk has to end at a forced boundary, or may end at a suggested one.
    fn has_boundary(&self, min: usize, max: usize) -> bool {
        let forced = self.injections.front().map(|next| next.boundary);
        let earliest = self.offset + min as u64;
        let suggested = self.suggestions.iter().find(|&&at| at >= earliest);
        let end = self.offset + max as u64;
        forced.is_some_and(|at| at <= end) || suggested.is_some_and(|&at| at <= end)
    }
}

impl Source {
    /// Passes over `size` bytes that are followed by others; false if they do not lie in a hole.
    fn skip_hole(&mut self, size: usize) -> Result<bool, Errno> {
        if self.data_until == i64::MAX {
            return Ok(false);
        }
        let Ok(position) = self.seek(0, libc::SEEK_CUR) else {
            return Ok(false);
        };
        if position < self.data_until {
            return Ok(false);
        }
        let data = match self.seek(position, libc::SEEK_DATA) {
            // Nothing but a hole is left.
            Err(libc::ENXIO) => self.seek(0, libc::SEEK_END),
            data => data,
        };
        let end = position + size as i64;
        let in_hole = data.is_ok_and(|data| data >= end);
        if !in_hole {
            let hole = data.and_then(|data| self.seek(data, libc::SEEK_HOLE));
            self.data_until = hole.unwrap_or(i64::MAX);
        }
        let next = if in_hole { end } else { position };
        if self.seek(next, libc::SEEK_SET)? != next {
            return Err(libc::EIO);
        }
        if in_hole {
            self.left -= size as u64;
            self.unread -= size as u64;
        }
        Ok(in_hole)
    }
}
