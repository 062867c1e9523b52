//! The inverse of the engine: blobs to verified plain bytes, on the caller's thread.

use crate::codec::{self, Crypt, Decompressor, Expected, Looked, Opened};
use crate::joint_digest::JointDigest;
use crate::layout::DecodeStatus as Refusal;
use crate::pool::{Buffer, Pool};
use pbs_native_interface::unpoisoned;
use std::sync::{Arc, Mutex, MutexGuard};

pub struct Decoder {
    pool: Arc<Pool>,
    crypt: Option<Crypt>,
    idle: Mutex<Vec<Decompressor>>,
    digests: JointDigest,
}

/// Plain bytes within a buffer.
pub struct Plain {
    pub buffer: Buffer,
    pub start: usize,
}

/// Why there are no plain bytes.
pub enum DecodeError {
    Refused(Refusal),
    OutOfMemory,
}

impl From<Refusal> for DecodeError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Decoder {
    pub fn new(budget: usize, crypt: Option<Crypt>) -> Self {
        Self {
            pool: Pool::new(budget),
            crypt,
            idle: Mutex::default(),
            digests: JointDigest::default(),
        }
    }

    /// A buffer for a blob. The caller keeps the budget, knowing what to put off: here free buffers
    /// are given up to stay within it, but none is refused.
    pub fn buffer(&self, size: usize) -> Option<Buffer> {
        self.pool
            .try_acquire(size, self.pool.budget())
            .or_else(|| self.pool.try_acquire(size, usize::MAX))
    }

    /// Decodes and verifies the blob in the first `length` bytes of a buffer. Calls at the same time
    /// wait for each other, because several digests at once cost less.
    pub fn decode(
        &self,
        mut blob: Buffer,
        length: usize,
        expected: &Expected,
    ) -> Result<Plain, DecodeError> {
        let crypt = self.crypt.as_ref();
        let announced = self.digests.announce();
        let opened = codec::open_blob(blob.slice_mut(0, length), expected.encrypted, crypt)?;
        let plain = match opened {
            Opened::Stored(start) if length - start != expected.size => {
                return Err(Refusal::Size.into());
            }
            Opened::Stored(start) => Plain {
                buffer: blob,
                start,
            },
            Opened::Frame(start) => Plain {
                buffer: self.decompress(blob.slice(start, length), expected.size)?,
                start: 0,
            },
        };
        let data = plain.buffer.slice(plain.start, plain.start + expected.size);
        let keyed = crypt.filter(|_| expected.encrypted);
        if announced.digest(data, keyed) != expected.digest {
            return Err(Refusal::Digest.into());
        }
        Ok(plain)
    }

    /// Checks the blob in the first `length` bytes of a buffer, and leaves it as it is. One that is
    /// encrypted is checked as far as that can be done without its key: header, CRC, length.
    pub fn check(
        &self,
        blob: &Buffer,
        length: usize,
        expected: &Expected,
    ) -> Result<(), DecodeError> {
        let announced = self.digests.announce();
        let Looked { header, compressed } =
            codec::look_at_blob(blob.slice(0, length), expected.encrypted)?;
        if !compressed && length - header != expected.size {
            return Err(Refusal::Size.into());
        }
        if expected.encrypted {
            return Ok(());
        }
        let decompressed = if compressed {
            Some(self.decompress(blob.slice(header, length), expected.size)?)
        } else {
            None
        };
        let data = match &decompressed {
            Some(buffer) => buffer.slice(0, expected.size),
            None => blob.slice(header, length),
        };
        if announced.digest(data, None) != expected.digest {
            return Err(Refusal::Digest.into());
        }
        Ok(())
    }

    fn decompress(&self, frames: &[u8], size: usize) -> Result<Buffer, DecodeError> {
        let mut buffer = self.buffer(size).ok_or(DecodeError::OutOfMemory)?;
        let mut decompressor = self
            .lock()
            .pop()
            .or_else(Decompressor::new)
            .ok_or(DecodeError::OutOfMemory)?;
        let result = decompressor.decompress(frames, buffer.slice_mut(0, size));
        self.lock().push(decompressor);
        result?;
        Ok(buffer)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Decompressor>> {
        unpoisoned(self.idle.lock())
    }
}
