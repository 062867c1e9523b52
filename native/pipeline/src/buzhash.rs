//! The rolling hash that says where a stream is cut (spec: datastore-formats.md §3.2).

/// Length of the window in bytes. A multiple of 32, so that an entry that leaves the window has been
/// rotated to where it was: with `state` as the hash without any leaving, the hash over the window
/// that ends at `n` is `state(n) ^ state(n - 64)`, wherever `state` began.
pub const WINDOW: usize = 64;

/// Stretches that are hashed side by side: the steps of one alone have to wait for each other.
const LANES: usize = 4;
/// Bytes of a lane that are hashed before their states are tested.
const STEP: usize = 512;
const MIN_LANE: usize = STEP;
const MAX_LANE: usize = 16 * 1024;
/// Bytes of a lane where there are sixteen: an odd number of cache lines, so that lanes do not
/// displace each other. Not for small chunks, where there would often be a cut.
const MAX_WIDE_LANE: usize = 61 * WINDOW;
const MIN_FOR_WIDE: usize = 256 * 1024;

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
        let end = chunk.len().min(self.max);
        let mut next = (scanned + 1).max(self.min);
        if next > end {
            return None;
        }
        // `next` is the shortest length that was not tested.
        if self.min >= MIN_FOR_WIDE {
            next = self.pass_without_cut(&chunk[..end], next);
        }
        let lane = (self.min / 16).clamp(MIN_LANE, MAX_LANE) / STEP * STEP;
        while end + 1 - next >= LANES * lane {
            let stretch = &chunk[next - WINDOW..next + LANES * lane - 1];
            if let Some(hit) = self.find_in_lanes(stretch, lane) {
                return Some(next + hit);
            }
            next += LANES * lane;
        }
        if next <= end {
            let stretch = &chunk[next - WINDOW..end];
            if let Some(hit) = self.find_in_order(stretch) {
                return Some(next + hit);
            }
        }
        (end == self.max).then_some(end)
    }

    /// The shortest length not tested after those from `next` on of which none can be a cut.
    #[cfg(target_arch = "x86_64")]
    fn pass_without_cut(&self, chunk: &[u8], mut next: usize) -> usize {
        use crate::buzhash_wide::{LANES, any_cut};
        loop {
            let lane = (chunk.len() + 1 - next) / LANES / WINDOW * WINDOW;
            let lane = lane.min(MAX_WIDE_LANE);
            if lane < MIN_LANE {
                return next;
            }
            // One window more than needed, which is not looked at.
            let stretch = &chunk[next - WINDOW - 1..next - 1 + LANES * lane];
            if any_cut(stretch, lane, self.mask, self.limit) != Some(false) {
                return next;
            }
            next += LANES * lane;
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn pass_without_cut(&self, _chunk: &[u8], next: usize) -> usize {
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
    if std::arch::is_x86_feature_detected!("avx2") {
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
    let mut found = false;
    for index in 0..STEP {
        // Both are below 2^31, and signed numbers are quicker to compare.
        let hash = ((states[WINDOW + index] ^ states[index]) & mask) as i32;
        found |= hash >= limit as i32;
    }
    found
}

#[rustfmt::skip]
pub static TABLE: [u32; 256] = [
    0x458be752, 0xc10748cc, 0xfbbcdbb8, 0x6ded5b68, 0xb10a82b5, 0x20d75648, 0xdfc5665f, 0xa8428801,
    0x7ebf5191, 0x841135c7, 0x65cc53b3, 0x280a597c, 0x16f60255, 0xc78cbc3e, 0x294415f5, 0xb938d494,
    0xec85c4e6, 0xb7d33edc, 0xe549b544, 0xfdeda5aa, 0x882bf287, 0x3116737c, 0x05569956, 0xe8cc1f68,
    0x0806ac5e, 0x22a14443, 0x15297e10, 0x50d090e7, 0x4ba60f6f, 0xefd9f1a7, 0x5c5c885c, 0x82482f93,
    0x9bfd7c64, 0x0b3e7276, 0xf2688e77, 0x8fad8abc, 0xb0509568, 0xf1ada29f, 0xa53efdfe, 0xcb2b1d00,
    0xf2a9e986, 0x6463432b, 0x95094051, 0x5a223ad2, 0x9be8401b, 0x61e579cb, 0x1a556a14, 0x5840fdc2,
    0x9261ddf6, 0xcde002bb, 0x52432bb0, 0xbf17373e, 0x7b7c222f, 0x2955ed16, 0x9f10ca59, 0xe840c4c9,
    0xccabd806, 0x14543f34, 0x1462417a, 0x0d4a1f9c, 0x087ed925, 0xd7f8f24c, 0x7338c425, 0xcf86c8f5,
    0xb19165cd, 0x9891c393, 0x325384ac, 0x0308459d, 0x86141d7e, 0xc922116a, 0xe2ffa6b6, 0x53f52aed,
    0x2cd86197, 0xf5b9f498, 0xbf319c8f, 0xe0411fae, 0x977eb18c, 0xd8770976, 0x9833466a, 0xc674df7f,
    0x8c297d45, 0x8ca48d26, 0xc49ed8e2, 0x7344f874, 0x556f79c7, 0x6b25eaed, 0xa03e2b42, 0xf68f66a4,
    0x8e8b09a2, 0xf2e0e62a, 0x0d3a9806, 0x9729e493, 0x8c72b0fc, 0x160b94f6, 0x450e4d3d, 0x7a320e85,
    0xbef8f0e1, 0x21d73653, 0x4e3d977a, 0x1e7b3929, 0x1cc6c719, 0xbe478d53, 0x8d752809, 0xe6d8c2c6,
    0x275f0892, 0xc8acc273, 0x4cc21580, 0xecc4a617, 0xf5f7be70, 0xe795248a, 0x375a2fe9, 0x425570b6,
    0x8898dcf8, 0xdc2d97c4, 0x0106114b, 0x364dc22f, 0x1e0cad1f, 0xbe63803c, 0x5f69fac2, 0x4d5afa6f,
    0x1bc0dfb5, 0xfb273589, 0x0ea47f7b, 0x3c1c2b50, 0x21b2a932, 0x6b1223fd, 0x2fe706a8, 0xf9bd6ce2,
    0xa268e64e, 0xe987f486, 0x3eacf563, 0x1ca2018c, 0x65e18228, 0x2207360a, 0x57cf1715, 0x34c37d2b,
    0x1f8f3cde, 0x93b657cf, 0x31a019fd, 0xe69eb729, 0x8bca7b9b, 0x4c9d5bed, 0x277ebeaf, 0xe0d8f8ae,
    0xd150821c, 0x31381871, 0xafc3f1b0, 0x927db328, 0xe95effac, 0x305a47bd, 0x426ba35b, 0x1233af3f,
    0x686a5b83, 0x50e072e5, 0xd9d3bb2a, 0x8befc475, 0x487f0de6, 0xc88dff89, 0xbd664d5e, 0x971b5d18,
    0x63b14847, 0xd7d3c1ce, 0x7f583cf3, 0x72cbcb09, 0xc0d0a81c, 0x7fa3429b, 0xe9158a1b, 0x225ea19a,
    0xd8ca9ea3, 0xc763b282, 0xbb0c6341, 0x020b8293, 0xd4cd299d, 0x58cfa7f8, 0x91b4ee53, 0x37e4d140,
    0x95ec764c, 0x30f76b06, 0x5ee68d24, 0x679c8661, 0xa41979c2, 0xf2b61284, 0x4fac1475, 0x0adb49f9,
    0x19727a23, 0x15a7e374, 0xc43a18d5, 0x3fb1aa73, 0x342fc615, 0x924c0793, 0xbee2d7f0, 0x8a279de9,
    0x4aa2d70c, 0xe24dd37f, 0xbe862c0b, 0x177c22c2, 0x5388e5ee, 0xcd8a7510, 0xf901b4fd, 0xdbc13dbc,
    0x6c0bae5b, 0x64efe8c7, 0x48b02079, 0x80331a49, 0xca3d8ae6, 0xf3546190, 0xfed7108b, 0xc49b941b,
    0x32baf4a9, 0xeb833a4a, 0x88a3f1a5, 0x3a91ce0a, 0x3cc27da1, 0x7112e684, 0x4a3096b1, 0x3794574c,
    0xa3c8b6f3, 0x1d213941, 0x6e0a2e00, 0x233479f1, 0x0f4cd82f, 0x6093edd2, 0x5d7d209e, 0x464fe319,
    0xd4dcac9e, 0x0db845cb, 0xfb5e4bc3, 0xe0256ce1, 0x09fb4ed1, 0x0914be1e, 0xa5bdb2c3, 0xc6eb57bb,
    0x30320350, 0x3f397e91, 0xa67791bc, 0x86bc0e2c, 0xefa0a7e2, 0xe9ff7543, 0xe733612c, 0xd185897b,
    0x329e5388, 0x91dd236b, 0x2ecb0d93, 0xf4d82a3d, 0x35b5c03f, 0xe4e606f0, 0x05b21843, 0x37b45964,
    0x5eff22f4, 0x6027f4cc, 0x77178b3c, 0xae507131, 0x7bf7cabc, 0xf9c18d66, 0x593ade65, 0xd95ddf11,
];

#[cfg(test)]
mod tests {
    use super::*;

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
                    assert_eq!(rule.find(chunk, scanned), expected, "{start} {scanned}");
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
                assert_eq!(
                    rule.find(chunk, 0),
                    find_slowly(&rule, chunk),
                    "{start} {more}"
                );
            }
            assert_eq!(rule.find(&data[start..cut - 1], 0), None);
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
