//! The rolling hash of sixteen stretches at once, for processors with AVX-512 and its byte
//! permutations: the table fits into sixteen registers, as four planes of 256 bytes.

use crate::buzhash_table::{TABLE, WINDOW};
use std::arch::x86_64::*;

pub const LANES: usize = 16;
const DWORDS: usize = 16;

#[repr(align(64))]
struct Planes([[u8; 256]; 4]);

static PLANES: Planes = Planes(planes());

/// Byte `n` of each table entry, for the four values of `n`.
const fn planes() -> [[u8; 256]; 4] {
    let mut planes = [[0; 256]; 4];
    let mut index = 0;
    while index < 256 {
        let bytes = TABLE[index].to_le_bytes();
        planes[0][index] = bytes[0];
        planes[1][index] = bytes[1];
        planes[2][index] = bytes[2];
        planes[3][index] = bytes[3];
        index += 1;
    }
    planes
}

/// Whether one of the first `LANES * lane` windows of a stretch but the very first, which ends at byte
/// 63, ends in a cut. `lane` is a multiple of 64.
///
/// # Safety
/// The processor has AVX-512 with its byte permutations.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub unsafe fn any_cut(stretch: &[u8], lane: usize, mask: u32, limit: u32) -> bool {
    assert!(lane.is_multiple_of(WINDOW) && stretch.len() == WINDOW + LANES * lane);
    let zero = _mm512_setzero_si512();
    let mask = _mm512_set1_epi32(mask as i32);
    // The states of the last 64 positions; the one of 64 bytes ago makes a state that of a window.
    let mut history = [zero; WINDOW];
    let mut hash = zero;
    // Masked hashes are below 2^31, so signed comparisons do.
    let mut highest = zero;
    for block in 0..=lane / WINDOW {
        let columns = load_columns(stretch, lane, block * WINDOW);
        for (column, history) in columns.iter().zip(history.as_chunks_mut::<4>().0) {
            for (entry, before) in look_up(*column).into_iter().zip(history) {
                hash = _mm512_xor_si512(_mm512_rol_epi32::<1>(hash), entry);
                let window = _mm512_xor_si512(hash, *before);
                highest = _mm512_max_epi32(highest, _mm512_and_si512(window, mask));
                *before = hash;
            }
        }
        if block == 0 {
            // Windows that begin before the lane.
            highest = zero;
        }
    }
    _mm512_cmpge_epi32_mask(highest, _mm512_set1_epi32(limit as i32)) != 0
}

/// The table entries of four positions in each lane. Byte `4 n + m` is position `m` of lane `n`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn look_up(bytes: __m512i) -> [__m512i; 4] {
    // Within 16 bytes: by position first, then by lane.
    let order = _mm512_broadcast_i32x4(_mm_setr_epi8(
        0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15,
    ));
    let index = _mm512_shuffle_epi8(bytes, order);
    let upper = _mm512_movepi8_mask(index);
    let plane = |number: usize| {
        // SAFETY: a plane is 256 aligned bytes.
        let quarter = |quarter: usize| unsafe {
            _mm512_load_si512(PLANES.0[number].as_ptr().add(64 * quarter).cast())
        };
        let low = _mm512_permutex2var_epi8(quarter(0), index, quarter(1));
        let high = _mm512_permutex2var_epi8(quarter(2), index, quarter(3));
        _mm512_mask_blend_epi8(upper, low, high)
    };
    let planes = [plane(0), plane(1), plane(2), plane(3)];
    let low_halves = [
        _mm512_unpacklo_epi8(planes[0], planes[1]),
        _mm512_unpackhi_epi8(planes[0], planes[1]),
    ];
    let high_halves = [
        _mm512_unpacklo_epi8(planes[2], planes[3]),
        _mm512_unpackhi_epi8(planes[2], planes[3]),
    ];
    [
        _mm512_unpacklo_epi16(low_halves[0], high_halves[0]),
        _mm512_unpackhi_epi16(low_halves[0], high_halves[0]),
        _mm512_unpacklo_epi16(low_halves[1], high_halves[1]),
        _mm512_unpackhi_epi16(low_halves[1], high_halves[1]),
    ]
}

/// 64 bytes of each lane from `start` on, turned: dword `n` of column `c` is dword `c` of lane `n`.
#[inline]
#[target_feature(enable = "avx512f")]
fn load_columns(stretch: &[u8], lane: usize, start: usize) -> [__m512i; DWORDS] {
    let rows: [__m512i; LANES] = std::array::from_fn(|number| {
        let row = &stretch[number * lane + start..][..64];
        // SAFETY: the row has 64 bytes, and this load needs no alignment.
        unsafe { _mm512_loadu_si512(row.as_ptr().cast()) }
    });
    // Four rows to four columns within each quarter of a register.
    let mut quarters = rows;
    for group in 0..4 {
        let [a, b, c, d] = std::array::from_fn(|row| rows[4 * group + row]);
        let (ab, cd) = (_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d));
        quarters[4 * group] = _mm512_unpacklo_epi64(ab, cd);
        quarters[4 * group + 1] = _mm512_unpackhi_epi64(ab, cd);
        let (ab, cd) = (_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d));
        quarters[4 * group + 2] = _mm512_unpacklo_epi64(ab, cd);
        quarters[4 * group + 3] = _mm512_unpackhi_epi64(ab, cd);
    }
    // The quarters themselves.
    let mut columns = quarters;
    for column in 0..4 {
        let [a, b, c, d] = std::array::from_fn(|group| quarters[4 * group + column]);
        let (ab, cd) = (
            _mm512_shuffle_i32x4::<0x88>(a, b),
            _mm512_shuffle_i32x4::<0x88>(c, d),
        );
        columns[column] = _mm512_shuffle_i32x4::<0x88>(ab, cd);
        columns[8 + column] = _mm512_shuffle_i32x4::<0xdd>(ab, cd);
        let (ab, cd) = (
            _mm512_shuffle_i32x4::<0xdd>(a, b),
            _mm512_shuffle_i32x4::<0xdd>(c, d),
        );
        columns[4 + column] = _mm512_shuffle_i32x4::<0x88>(ab, cd);
        columns[12 + column] = _mm512_shuffle_i32x4::<0xdd>(ab, cd);
    }
    columns
}
