//! The rolling hash of eight places at once, for processors with AVX2: a byte's part in the hashes at
//! the eight places of its block is one load from a table of 16 KiB.

use crate::buzhash_table::{TABLE, WINDOW};
use std::arch::asm;
use std::arch::x86_64::*;

/// Stretches that are hashed side by side: the blocks of one alone have to wait for each other.
pub const LANES: usize = 4;
/// Bytes, and places, that are looked at together.
const BLOCK: usize = 8;
const BLOCKS: usize = WINDOW / BLOCK;

/// For each byte its table entry as later places see it, turned once more for each; then zeros. The last
/// place comes first, so that a byte's part begins as many entries in as it comes behind the first.
#[repr(align(64))]
struct Records([[u32; 2 * BLOCK]; 256]);

static RECORDS: Records = Records(records());

const fn records() -> [[u32; 2 * BLOCK]; 256] {
    let mut records = [[0; 2 * BLOCK]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut turn = 0;
        while turn < BLOCK {
            records[byte][BLOCK - 1 - turn] = TABLE[byte].rotate_left(turn as u32);
            turn += 1;
        }
        byte += 1;
    }
    records
}

/// Whether one of the first `LANES * lane` windows of a stretch but the very first, which ends at byte
/// 63, ends in a cut. `lane` is a multiple of 64.
///
/// # Safety
/// The processor has AVX2 and BMI2.
#[target_feature(enable = "avx2,bmi2")]
pub unsafe fn any_cut(stretch: &[u8], lane: usize, mask: u32, limit: u32) -> bool {
    assert!(lane.is_multiple_of(WINDOW) && stretch.len() == WINDOW + LANES * lane);
    let zero = _mm256_setzero_si256();
    let mask = _mm256_set1_epi32(mask as i32);
    let left = _mm256_setr_epi32(8, 7, 6, 5, 4, 3, 2, 1);
    let right = _mm256_sub_epi32(_mm256_set1_epi32(32), left);
    // The states of the last 64 places; the one of 64 bytes ago makes a state that of a window.
    let mut history = [[zero; LANES]; BLOCKS];
    let mut states = [zero; LANES];
    // Masked hashes are below 2^31, so signed comparisons do.
    let mut highest = zero;
    for window in 0..=lane / WINDOW {
        // Arrays, so that no index is checked in the loop.
        let rows: [&[u8; WINDOW]; LANES] = std::array::from_fn(|number| {
            let row = &stretch[number * lane + window * WINDOW..];
            row.first_chunk().unwrap_or(&[0; WINDOW])
        });
        for (block, history) in history.iter_mut().enumerate() {
            for number in 0..LANES {
                // What the state before the block has become at each of its places.
                let before = _mm256_broadcastd_epi32(_mm256_castsi256_si128(states[number]));
                let before = _mm256_or_si256(
                    _mm256_sllv_epi32(before, left),
                    _mm256_srlv_epi32(before, right),
                );
                let state = _mm256_xor_si256(before, look_up(rows[number].as_chunks().0[block]));
                let hashes = _mm256_xor_si256(state, history[number]);
                highest = _mm256_max_epi32(highest, _mm256_and_si256(hashes, mask));
                history[number] = state;
                states[number] = state;
            }
        }
        if window == 0 {
            // Windows that begin before the lane.
            highest = zero;
        }
    }
    let cuts = _mm256_cmpgt_epi32(highest, _mm256_set1_epi32(limit as i32 - 1));
    _mm256_testz_si256(cuts, cuts) == 0
}

/// What the bytes of a block add to the states at its places.
#[inline]
#[target_feature(enable = "avx2,bmi2")]
fn look_up(block: [u8; BLOCK]) -> __m256i {
    let block = u64::from_le_bytes(block);
    let pairs = [
        _mm256_xor_si256(part::<0, 58>(block), part::<1, 2>(block)),
        _mm256_xor_si256(part::<2, 10>(block), part::<3, 18>(block)),
        _mm256_xor_si256(part::<4, 26>(block), part::<5, 34>(block)),
        _mm256_xor_si256(part::<6, 42>(block), part::<7, 50>(block)),
    ];
    _mm256_xor_si256(
        _mm256_xor_si256(pairs[0], pairs[1]),
        _mm256_xor_si256(pairs[2], pairs[3]),
    )
}

/// What byte `NUMBER` adds. Turned right by `TURN` bits it lies where it counts 64 bytes each.
#[inline]
#[target_feature(enable = "avx2,bmi2")]
fn part<const NUMBER: usize, const TURN: u32>(block: u64) -> __m256i {
    const { assert!((8 * NUMBER as u32 + 64 - 6) % 64 == TURN) };
    let turned: u64;
    // Written out because compilers make three instructions of two.
    // SAFETY: BMI2 has this instruction, which changes nothing but its result.
    unsafe {
        asm!(
            "rorx {0}, {1}, {2}", out(reg) turned, in(reg) block, const TURN,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    let record = (turned & (255 * 64)) as usize;
    // SAFETY: at most 28 bytes into one of 256 records of 64 bytes, of which 32 are read.
    unsafe {
        let records = RECORDS.0.as_ptr().cast::<u8>();
        _mm256_loadu_si256(records.add(record + 4 * NUMBER).cast())
    }
}
