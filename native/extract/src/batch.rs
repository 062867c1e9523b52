//! One submitted buffer of commands.

use crate::command::Piece;
use crate::shared::Shared;
use std::sync::Arc;

/// Commands and the chunks they refer to. The token is reported when the last reference is dropped,
/// so whoever reads from a chunk keeps the batch.
pub struct Batch {
    pub commands: Box<[u8]>,
    /// Address and length.
    chunks: Box<[(usize, usize)]>,
    token: u32,
    shared: Arc<Shared>,
}

impl Batch {
    /// # Safety
    ///
    /// The chunks must be readable and unchanged until the token was reported.
    pub unsafe fn new(
        shared: &Arc<Shared>,
        commands: Box<[u8]>,
        chunks: Box<[(usize, usize)]>,
        token: u32,
    ) -> Arc<Self> {
        shared.mailbox.batch_begins();
        Arc::new(Batch {
            commands,
            chunks,
            token,
            shared: shared.clone(),
        })
    }

    /// The bytes of a piece; none if it is not within its chunk.
    pub fn resolve<'a>(&'a self, piece: Piece<'a>) -> Option<&'a [u8]> {
        match piece {
            Piece::Inline(bytes) => Some(bytes),
            Piece::Chunk {
                chunk,
                offset,
                length,
            } => {
                let (address, size) = *self.chunks.get(chunk as usize)?;
                let end = (offset as usize).checked_add(length as usize)?;
                if end > size || address == 0 {
                    return None;
                }
                // SAFETY: within a chunk that the caller of `new` vouched for.
                Some(unsafe {
                    std::slice::from_raw_parts(
                        (address as *const u8).add(offset as usize),
                        length as usize,
                    )
                })
            }
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.shared.mailbox.batch_ends(self.token);
    }
}

/// Bytes of a piece that keep their batch alive.
pub struct PieceBytes {
    address: *const u8,
    length: usize,
    _batch: Arc<Batch>,
}

// SAFETY: the bytes are only read, and stay as they are for as long as the batch lives.
unsafe impl Send for PieceBytes {}

impl PieceBytes {
    /// None if the piece is not within its chunk. `piece` must come from the commands of `batch`.
    pub fn new(batch: &Arc<Batch>, piece: Piece) -> Option<Self> {
        let bytes = batch.resolve(piece)?;
        let (address, length) = (bytes.as_ptr(), bytes.len());
        Some(PieceBytes {
            address,
            length,
            _batch: batch.clone(),
        })
    }

    pub fn get(&self) -> &[u8] {
        // SAFETY: inline bytes lie in the batch's commands, others in chunks vouched for.
        unsafe { std::slice::from_raw_parts(self.address, self.length) }
    }
}
