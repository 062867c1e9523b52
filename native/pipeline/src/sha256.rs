//! SHA-256 of several messages side by side on one core, each of which may go on with other ones.
//! The rounds of one message have to wait for each other; those of other ones fill the gaps, so four
//! cost little more than two.

use crate::known::Digest;
use crate::vectors::Vectors;
use std::arch::x86_64::*;

pub const BLOCK: usize = 64;

static INITIAL: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

#[repr(align(16))]
struct Rounds([u32; 64]);

static ROUNDS: Rounds = Rounds([
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);

/// How far a message is hashed.
pub struct Progress {
    state: State,
    done: usize,
}

impl Progress {
    /// Nothing is hashed yet. None if the processor lacks the instructions.
    pub fn begin() -> Option<Self> {
        Vectors::allowed().sha.then(|| Self {
            // SAFETY: the processor was asked for the instructions.
            state: unsafe { initial() },
            done: 0,
        })
    }

    /// Bytes hashed so far.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Digest of a message with `suffix` behind it. The message is the one hashed so far.
    pub fn finish(self, message: &[u8], suffix: &[u8]) -> Digest {
        // SAFETY: whoever has a value of this type was told that the instructions are there.
        unsafe { finish(self, message, suffix) }
    }
}

/// Messages that are worth hashing at once: more have no registers left.
pub const LANES: usize = 4;

/// Hashes messages on until one has no whole block left; the first [`LANES`] of them.
pub fn advance(messages: &[&[u8]], progresses: &mut [&mut Progress]) {
    match progresses.len().min(messages.len()) {
        0 => {}
        1 => advance_all::<1>(messages, progresses),
        2 => advance_all::<2>(messages, progresses),
        3 => advance_all::<3>(messages, progresses),
        _ => advance_all::<LANES>(messages, progresses),
    }
}

fn advance_all<const COUNT: usize>(messages: &[&[u8]], progresses: &mut [&mut Progress]) {
    let rest: [&[u8]; COUNT] = std::array::from_fn(|lane| &messages[lane][progresses[lane].done..]);
    let whole = |rest: &[u8]| rest.len() / BLOCK * BLOCK;
    let common = rest.iter().map(|rest| whole(rest)).min().unwrap_or(0);
    let mut states: [State; COUNT] = std::array::from_fn(|lane| progresses[lane].state);
    let blocks = rest.map(|rest| &rest[..common]);
    // SAFETY: whoever has a `Progress` was told that the instructions are there; the wider ones are asked for.
    unsafe {
        if Vectors::allowed().avx512_small {
            compress_wide(&mut states, blocks);
        } else {
            compress(&mut states, blocks);
        }
    }
    for (progress, state) in progresses.iter_mut().zip(states) {
        progress.state = state;
        progress.done += common;
    }
}

#[target_feature(enable = "sha,ssse3,sse4.1")]
fn finish(progress: Progress, message: &[u8], suffix: &[u8]) -> Digest {
    let mut state = [progress.state];
    let whole = message.len() / BLOCK * BLOCK;
    compress(&mut state, [&message[progress.done..whole]]);
    // The rest, the suffix, one bit, zeros, and the length in bits.
    let rest = [&message[whole..], suffix, &[0x80]].concat();
    let mut last = vec![0u8; (rest.len() + 8).next_multiple_of(BLOCK)];
    last[..rest.len()].copy_from_slice(&rest);
    let bits = (message.len() + suffix.len()) as u64 * 8;
    let end = last.len();
    last[end - 8..].copy_from_slice(&bits.to_be_bytes());
    compress(&mut state, [&last]);
    unpack(state[0])
}

/// The state in the order that the instructions want: ABEF and CDGH.
type State = [__m128i; 2];

#[target_feature(enable = "sha,ssse3,sse4.1")]
fn initial() -> State {
    let word = |index: usize| INITIAL[index] as i32;
    [
        _mm_set_epi32(word(0), word(1), word(4), word(5)),
        _mm_set_epi32(word(2), word(3), word(6), word(7)),
    ]
}

#[target_feature(enable = "sha,ssse3,sse4.1")]
fn unpack(state: State) -> Digest {
    let [abef, cdgh] = state;
    let words = [
        _mm_extract_epi32::<3>(abef),
        _mm_extract_epi32::<2>(abef),
        _mm_extract_epi32::<3>(cdgh),
        _mm_extract_epi32::<2>(cdgh),
        _mm_extract_epi32::<1>(abef),
        _mm_extract_epi32::<0>(abef),
        _mm_extract_epi32::<1>(cdgh),
        _mm_extract_epi32::<0>(cdgh),
    ];
    let mut digest = [0; 32];
    for (place, word) in digest.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

/// Four rounds of all lanes for each group named; written out, so that words stay in registers.
macro_rules! four_rounds {
    ($current:ident, $words:ident, $messages:ident, $block:ident, $swap:ident; $($group:literal)*) => {
        $(
            // SAFETY: the table is aligned and has 16 groups.
            let constants = unsafe { _mm_load_si128(ROUNDS.0.as_ptr().add(4 * $group).cast()) };
            for lane in 0..LANES {
                let words = &mut $words[lane];
                words[$group % 4] = if $group < 4 {
                    // SAFETY: in bounds: every lane has `blocks` whole blocks.
                    let start = unsafe { $messages[lane].as_ptr().add(BLOCK * $block) };
                    // SAFETY: a block has 64 bytes.
                    let place = unsafe { start.add(16 * ($group % 4)) };
                    // SAFETY: 16 bytes of the block; this load needs no alignment.
                    _mm_shuffle_epi8(unsafe { _mm_loadu_si128(place.cast()) }, $swap)
                } else {
                    let (second, third) = (words[($group + 1) % 4], words[($group + 2) % 4]);
                    let last = words[($group + 3) % 4];
                    let sum = _mm_add_epi32(
                        _mm_sha256msg1_epu32(words[$group % 4], second),
                        _mm_alignr_epi8::<4>(last, third),
                    );
                    _mm_sha256msg2_epu32(sum, last)
                };
                let input = _mm_add_epi32(words[$group % 4], constants);
                let [abef, cdgh] = &mut $current[lane];
                *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, input);
                *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32::<0x0e>(input));
            }
        )*
    };
}

/// Defines a function that takes whole blocks, the same number for each lane, into the states. A
/// macro, because a function is not made anew for the instructions that its caller may use.
macro_rules! define_compress {
    ($name:ident, $features:literal) => {
        #[target_feature(enable = $features)]
        fn $name<const LANES: usize>(states: &mut [State; LANES], messages: [&[u8]; LANES]) {
            let swap = _mm_set_epi64x(0x0c0d0e0f_08090a0b, 0x04050607_00010203);
            let blocks = messages.map(<[u8]>::len).into_iter().min().unwrap_or(0) / BLOCK;
            let mut current = *states;
            for block in 0..blocks {
                let before = current;
                let mut words = [[_mm_setzero_si128(); 4]; LANES];
                four_rounds!(
                    current, words, messages, block, swap; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
                );
                for (state, before) in current.iter_mut().zip(before) {
                    state[0] = _mm_add_epi32(state[0], before[0]);
                    state[1] = _mm_add_epi32(state[1], before[1]);
                }
            }
            *states = current;
        }
    };
}

define_compress!(compress, "sha,ssse3,sse4.1");
// Three operands for each instruction, and twice the registers.
define_compress!(compress_wide, "sha,ssse3,sse4.1,avx2,avx512f,avx512vl");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;

    #[test]
    fn messages_hashed_in_turn_with_others_have_the_digests_that_they_have_alone() {
        let data: Vec<u8> = (0..20_000u32)
            .map(|index| ((index * index) >> 3) as u8)
            .collect();
        let key = [7; 32];
        let crypt = codec::Crypt::new(&[1; 32], &key);
        let lengths = [
            0, 1, 22, 23, 24, 31, 32, 55, 56, 63, 64, 65, 119, 128, 1000, 9000,
        ];
        for first in lengths {
            for second in lengths {
                let a = &data[..first];
                let b = &data[data.len() - second..];
                let c = &data[300..5000];
                let d = &data[77..8000];
                for (suffix, crypt) in [(&[][..], None), (&key[..], crypt.as_ref())] {
                    let begun = [(); 4].map(|()| Progress::begin());
                    let [Some(mut pa), Some(mut pb), Some(mut pc), Some(mut pd)] = begun else {
                        return;
                    };
                    advance(&[a, b], &mut [&mut pa, &mut pb]);
                    advance(&[b, c, a], &mut [&mut pb, &mut pc, &mut pa]);
                    advance(&[c, a, b, d], &mut [&mut pc, &mut pa, &mut pb, &mut pd]);
                    advance(&[d], &mut [&mut pd]);
                    for (message, progress) in [(a, pa), (b, pb), (c, pc), (d, pd)] {
                        let digest = progress.finish(message, suffix);
                        assert_eq!(digest, codec::digest(message, crypt));
                    }
                }
            }
        }
    }
}
