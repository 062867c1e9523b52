//! The rolling hash that says where a stream is cut (spec: datastore-formats.md §3.2).

use crate::buzhash_table::{TABLE, WINDOW};
use crate::vectors::Vectors;

/// Stretches that are hashed side by side: the steps of one alone have to wait for each other.
const LANES: usize = 4;
/// Bytes of a lane that are hashed before their states are tested.
const STEP: usize = 512;
const MIN_LANE: usize = STEP;
const MAX_LANE: usize = 16 * 1024;
/// Bytes of a lane where wide instructions do the work: an odd number of cache lines, so that lanes do not
/// displace each other. Not for small chunks, where there would often be a cut.
#[cfg(target_arch = "x86_64")]
const MAX_WIDE_LANE: usize = 61 * WINDOW;
const MIN_FOR_WIDE: usize = 256 * 1024;

/// Whether there is a cut: stretch, length of a lane, mask, limit. Needs instructions to be there.
#[cfg(target_arch = "x86_64")]
type AnyCut = unsafe fn(&[u8], usize, u32, u32) -> bool;

/// Sizes of chunks, by the average that was asked for.
#[derive(Debug, Clone, Copy)]
pub struct CutRule {
    pub min: usize,
    pub max: usize,
    mask: u32,
    limit: u32,
}

impl CutRule {
    /// `average` is a power of two, at least 512.
    pub fn new(average: usize) -> Self {
        let mask = (2 * average - 1) as u32;
        Self {
            min: average / 4,
            max: average * 4,
            mask,
            limit: mask - 2,
        }
    }

    /// The first cut behind `scanned` in a chunk that starts with `chunk`: the length of the chunk.
    /// Nothing before `min - 64` is looked at: the hash depends on the last 64 bytes only.
    pub fn find(&self, chunk: &[u8], scanned: usize) -> Option<usize> {
        self.find_with(Vectors::allowed(), chunk, scanned)
    }

    fn find_with(&self, vectors: Vectors, chunk: &[u8], scanned: usize) -> Option<usize> {
        let end = chunk.len().min(self.max);
        let next = (scanned + 1).max(self.min);
        if next > end {
            return None;
        }
        let cut = self.first_cut_with(vectors, &chunk[..end], next);
        cut.or((end == self.max).then_some(end))
    }

    /// The first cut of a stretch of a chunk that is not at its longest: the bytes before it, of which
    /// there are at least `next`, and `next` at least 64.
    pub fn first_cut(&self, stretch: &[u8], next: usize) -> Option<usize> {
        self.first_cut_with(Vectors::allowed(), stretch, next)
    }

    fn first_cut_with(&self, vectors: Vectors, bytes: &[u8], mut next: usize) -> Option<usize> {
        let end = bytes.len();
        // `next` is the shortest length that was not tested.
        if next == WINDOW && next <= end {
            // The only one without a byte before its window.
            if self.find_in_order(&bytes[..WINDOW]).is_some() {
                return Some(WINDOW);
            }
            next += 1;
        }
        if self.min >= MIN_FOR_WIDE {
            next = self.pass_without_cut(vectors, bytes, next);
        }
        let lane = (self.min / 16).clamp(MIN_LANE, MAX_LANE) / STEP * STEP;
        while end + 1 - next >= LANES * lane {
            let stretch = &bytes[next - WINDOW..next + LANES * lane - 1];
            if let Some(hit) = self.find_in_lanes(stretch, lane) {
                return Some(next + hit);
            }
            next += LANES * lane;
        }
        if next > end {
            return None;
        }
        let hit = self.find_in_order(&bytes[next - WINDOW..end])?;
        Some(next + hit)
    }

    /// The shortest length not tested after those from `next` on of which none can be a cut.
    #[cfg(target_arch = "x86_64")]
    fn pass_without_cut(&self, vectors: Vectors, chunk: &[u8], mut next: usize) -> usize {
        use crate::{buzhash_eight as eight, buzhash_wide as wide};
        let (lanes, any_cut): (_, AnyCut) = if vectors.avx512 {
            (wide::LANES, wide::any_cut)
        } else if vectors.avx2 {
            (eight::LANES, eight::any_cut)
        } else {
            return next;
        };
        loop {
            let lane = (chunk.len() + 1 - next) / lanes / WINDOW * WINDOW;
            let lane = lane.min(MAX_WIDE_LANE);
            if lane < MIN_LANE {
                return next;
            }
            // One window more than needed, which is not looked at.
            let stretch = &chunk[next - WINDOW - 1..next - 1 + lanes * lane];
            // SAFETY: the processor has what the function needs.
            if unsafe { any_cut(stretch, lane, self.mask, self.limit) } {
                return next;
            }
            next += lanes * lane;
        }
    }

    /// Other processors leave all to `find_in_lanes`, whose tests compilers make wide.
    #[cfg(not(target_arch = "x86_64"))]
    fn pass_without_cut(&self, _vectors: Vectors, _chunk: &[u8], next: usize) -> usize {
        next
    }

    fn is_cut(&self, hash: u32) -> bool {
        hash & self.mask >= self.limit
    }

    /// Index of the first cut among the windows of a stretch, the first of which ends at byte 64.
    fn find_in_order(&self, stretch: &[u8]) -> Option<usize> {
        let (window, entering) = stretch.split_at(WINDOW);
        let mut hash = window.iter().fold(0, |hash, &byte| push(hash, byte));
        if self.is_cut(hash) {
            return Some(0);
        }
        stretch
            .iter()
            .zip(entering)
            .position(|(&old, &new)| {
                hash = push(hash, new) ^ TABLE[usize::from(old)];
                self.is_cut(hash)
            })
            .map(|index| index + 1)
    }

    /// The same for a stretch with `LANES * lane` windows.
    fn find_in_lanes(&self, stretch: &[u8], lane: usize) -> Option<usize> {
        // The first WINDOW states of a lane are those before the step, its window's end included.
        let mut states = [[0u32; WINDOW + STEP]; LANES];
        let mut hashes = [0u32; LANES];
        for (number, (states, hash)) in states.iter_mut().zip(&mut hashes).enumerate() {
            let window = &stretch[number * lane..number * lane + WINDOW - 1];
            for (state, &byte) in states[1..].iter_mut().zip(window) {
                *hash = push(*hash, byte);
                *state = *hash;
            }
        }
        let mut first: Option<usize> = None;
        for step in (0..lane).step_by(STEP) {
            let begin = WINDOW - 1 + step;
            let bytes: [&[u8]; LANES] = std::array::from_fn(|number| {
                &stretch[begin + number * lane..begin + number * lane + STEP]
            });
            fill_states(&mut states, &mut hashes, bytes);
            for (number, states) in states.iter_mut().enumerate() {
                // A later lane cannot come before a hit that an earlier one has.
                if first.is_some_and(|first| first < number * lane) {
                    break;
                }
                if any_cut(states, self.mask, self.limit) {
                    let index = (0..STEP)
                        .find(|&index| self.is_cut(states[WINDOW + index] ^ states[index]));
                    let hit = number * lane + step + index.unwrap_or(0);
                    first = Some(first.map_or(hit, |first| first.min(hit)));
                }
                states.copy_within(STEP.., 0);
            }
            // Only a hit in the first lane is sure to be the first one.
            if first.is_some_and(|first| first < lane) {
                break;
            }
        }
        first
    }
}

fn push(hash: u32, byte: u8) -> u32 {
    hash.rotate_left(1) ^ TABLE[usize::from(byte)]
}

/// Hashes STEP bytes of each lane and keeps the states behind those of the windows.
fn fill_states(
    states: &mut [[u32; WINDOW + STEP]; LANES],
    hashes: &mut [u32; LANES],
    bytes: [&[u8]; LANES],
) {
    let [s0, s1, s2, s3] = states;
    let [b0, b1, b2, b3] = bytes.map(|bytes| &bytes[..STEP]);
    let [mut h0, mut h1, mut h2, mut h3] = *hashes;
    for index in 0..STEP {
        h0 = push(h0, b0[index]);
        h1 = push(h1, b1[index]);
        h2 = push(h2, b2[index]);
        h3 = push(h3, b3[index]);
        s0[WINDOW + index] = h0;
        s1[WINDOW + index] = h1;
        s2[WINDOW + index] = h2;
        s3[WINDOW + index] = h3;
    }
    *hashes = [h0, h1, h2, h3];
}

#[cfg(target_arch = "x86_64")]
fn any_cut(states: &[u32; WINDOW + STEP], mask: u32, limit: u32) -> bool {
    if Vectors::allowed().avx2 {
        // SAFETY: the processor has what the function needs.
        unsafe { any_cut_avx2(states, mask, limit) }
    } else {
        any_cut_portable(states, mask, limit)
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn any_cut_avx2(states: &[u32; WINDOW + STEP], mask: u32, limit: u32) -> bool {
    any_cut_portable(states, mask, limit)
}

#[cfg(not(target_arch = "x86_64"))]
fn any_cut(states: &[u32; WINDOW + STEP], mask: u32, limit: u32) -> bool {
    any_cut_portable(states, mask, limit)
}

/// Whether one of the STEP windows ends in a cut; without a branch, so that it becomes wide.
#[inline(always)]
fn any_cut_portable(states: &[u32; WINDOW + STEP], mask: u32, limit: u32) -> bool {
    let mut highest = 0;
    for index in 0..STEP {
        // Both are below 2^31, and signed numbers are quicker to compare.
        let hash = ((states[WINDOW + index] ^ states[index]) & mask) as i32;
        highest = highest.max(hash);
    }
    highest >= limit as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What processors with fewer instructions do as well.
    fn kinds_of_vectors() -> [Vectors; 3] {
        let here = Vectors::allowed();
        let avx512 = false;
        [here, Vectors { avx512, ..here }, Vectors::default()]
    }

    #[test]
    fn the_table_is_the_right_one() {
        assert_eq!(TABLE.iter().fold(0, |sum, entry| sum ^ entry), 0);
        assert_eq!(
            TABLE
                .iter()
                .fold(0u32, |sum, &entry| sum.wrapping_add(entry)),
            4_294_967_168
        );
    }

    /// The rule as the format states it, byte by byte.
    fn find_slowly(rule: &CutRule, chunk: &[u8]) -> Option<usize> {
        let mut hash = 0u32;
        for (index, &byte) in chunk.iter().enumerate() {
            hash = push(hash, byte);
            if index >= WINDOW {
                hash ^= TABLE[usize::from(chunk[index - WINDOW])];
                let length = index + 1;
                if length >= rule.max || (length >= rule.min && rule.is_cut(hash)) {
                    return Some(length);
                }
            }
        }
        None
    }

    #[test]
    fn lanes_find_the_cut_that_going_byte_by_byte_finds() {
        let mut state = 1u32;
        let mut cuts = 0;
        for average in [1024, 4096, 65536] {
            let rule = CutRule::new(average);
            for round in 0..200 {
                let length = rule.min + (state as usize >> 3) % (rule.max + 100 - rule.min);
                let data: Vec<u8> = (0..length)
                    .map(|_| {
                        state ^= state << 13;
                        state ^= state >> 17;
                        state ^= state << 5;
                        state as u8
                    })
                    .collect();
                let expected = find_slowly(&rule, &data);
                assert_eq!(rule.find(&data, 0), expected, "{average} {round}");
                // The same in two goes.
                let part = (state as usize >> 5) % length;
                let found = rule
                    .find(&data[..part], 0)
                    .or_else(|| rule.find(&data, part));
                assert_eq!(found, expected, "{average} {round} {part}");
                cuts += usize::from(expected.is_some());
            }
        }
        assert!(cuts > 300);
    }

    #[test]
    fn large_chunks_are_cut_where_going_byte_by_byte_cuts_them() {
        let mut state = 88_172_645_463_325_252u64;
        let mut data = vec![0u8; 3 << 20];
        for byte in &mut data {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 8) as u8;
        }
        let rule = CutRule::new(4 * MIN_FOR_WIDE);
        let mut ends = Vec::new();
        for start in (0..1 << 20).step_by(99_991) {
            let chunk = &data[start..];
            let expected = find_slowly(&rule, chunk);
            for scanned in [0, rule.min - 1, rule.min, rule.min + 12_345] {
                if expected.is_none_or(|end| end > scanned) {
                    for vectors in kinds_of_vectors() {
                        let found = rule.find_with(vectors, chunk, scanned);
                        assert_eq!(found, expected, "{start} {scanned}");
                    }
                }
            }
            ends.extend(expected.map(|end| start + end));
        }
        ends.dedup();
        assert!(ends.len() > 1);
        // A cut at each place of a lane, and ends of the data around it.
        let cut = ends[0];
        for distance in (rule.min..rule.min + 70_000).step_by(997) {
            let Some(start) = cut.checked_sub(distance) else {
                continue;
            };
            for more in [0, 1, 64, 9_000] {
                let chunk = &data[start..cut + more];
                let expected = find_slowly(&rule, chunk);
                for vectors in kinds_of_vectors() {
                    let found = rule.find_with(vectors, chunk, 0);
                    assert_eq!(found, expected, "{start} {more}");
                }
            }
            for vectors in kinds_of_vectors() {
                assert_eq!(rule.find_with(vectors, &data[start..cut - 1], 0), None);
            }
        }
    }

    #[test]
    fn equal_bytes_are_cut_at_the_maximum_only() {
        let rule = CutRule::new(65536);
        let data = vec![0u8; 300_000];
        assert_eq!(rule.find(&data, 0), Some(262_144));
        assert_eq!(rule.find(&data[..262_143], 0), None);
        assert_eq!(rule.find(&data, 262_143), Some(262_144));
    }
}
