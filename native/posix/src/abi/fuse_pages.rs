//! The page cache of a FUSE mount.

use crate::errno::Errno;
use crate::fuse_pages::{Piece, store_pages};
use pbs_native_interface::{answer, bytes};

/// Puts pieces of files into the kernel's page cache. `pieces` has four numbers of 64 bits for each:
/// node, offset in the file, start in `data`, length. Returns the number of pieces that were taken: the
/// kernel takes none of files that it has forgotten. Nonblocking call: it waits for reads of the same
/// pages that this process has to answer.
///
/// # Safety
/// `data` points to `len` readable bytes, `pieces` to `32 * count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_store_pages(
    fuse: i32,
    data: *const u8,
    len: usize,
    pieces: *const u8,
    count: u32,
) -> i32 {
    // SAFETY: the caller vouches for both.
    let stored = unsafe { store(fuse, (data, len), (pieces, count as usize)) };
    answer(stored.map(|stored| stored as i32))
}

/// # Safety
/// As above.
unsafe fn store(
    fuse: i32,
    (data, len): (*const u8, usize),
    (pieces, count): (*const u8, usize),
) -> Result<usize, Errno> {
    const WORD: usize = size_of::<u64>();
    // SAFETY: the caller vouches for the bytes.
    let words = unsafe { bytes(pieces, 4 * WORD * count)? };
    let pieces: Vec<Piece> = words
        .chunks_exact(4 * WORD)
        .map(|piece| {
            Piece::from_words(std::array::from_fn(|at| {
                let mut word = [0; WORD];
                word.copy_from_slice(&piece[WORD * at..][..WORD]);
                u64::from_ne_bytes(word)
            }))
        })
        .collect();
    // SAFETY: as above.
    store_pages(fuse, unsafe { bytes(data, len)? }, &pieces)
}

#[cfg(test)]
#[path = "fuse_pages_test.rs"]
mod tests;
