//! The digests that need no upload, with the order in which chunks may rely on each other.

use pbs_native_interface::unpoisoned;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

pub type Digest = [u8; 32];

/// In the storage, or looked at by the consumer, who has the blob.
const SETTLED: u64 = 0;
const SEQUENCE_BITS: u32 = 40;

/// What a worker does with a chunk.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Known,
    Encode,
}

/// Set of digests shared by all streams. A digest is settled, or claimed by a chunk that is still
/// being encoded: then only later chunks of the same stream may rely on it, because their consumer
/// gets the claimed one first. Others encode again, and who is looked at first decides.
#[derive(Default)]
pub struct KnownSet {
    digests: Mutex<HashMap<Digest, u64>>,
}

fn claim(stream: u32, sequence: u64) -> u64 {
    (u64::from(stream) + 1) << SEQUENCE_BITS | (sequence & ((1 << SEQUENCE_BITS) - 1))
}

impl KnownSet {
    pub fn add(&self, digests: &[Digest]) {
        let mut known = self.lock();
        known.reserve(digests.len());
        for digest in digests {
            known.insert(*digest, SETTLED);
        }
    }

    /// Checks and claims in one step.
    pub fn check(&self, digest: &Digest, stream: u32, sequence: u64) -> Verdict {
        let mine = claim(stream, sequence);
        let mut known = self.lock();
        match known.get_mut(digest) {
            None => {
                known.insert(*digest, mine);
                Verdict::Encode
            }
            Some(&mut SETTLED) => Verdict::Known,
            Some(holder) if *holder >> SEQUENCE_BITS == mine >> SEQUENCE_BITS => {
                if *holder < mine {
                    return Verdict::Known;
                }
                *holder = mine;
                Verdict::Encode
            }
            Some(_) => Verdict::Encode,
        }
    }

    /// Whether a chunk of a stream that comes now may rely on a digest, without claiming it.
    pub fn serves(&self, digest: &Digest, stream: u32, sequence: u64) -> bool {
        let mine = claim(stream, sequence);
        self.lock().get(digest).is_some_and(|&holder| {
            holder == SETTLED || holder >> SEQUENCE_BITS == mine >> SEQUENCE_BITS && holder < mine
        })
    }

    /// Settles a digest whose blob the consumer gets now; false if another chunk had it before.
    pub fn settle(&self, digest: &Digest) -> bool {
        self.lock().insert(*digest, SETTLED) != Some(SETTLED)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, u64>> {
        unpoisoned(self.digests.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_later_chunks_of_the_same_stream_rely_on_a_claim() {
        let known = KnownSet::default();
        let digest = [1; 32];
        assert!(!known.serves(&digest, 0, 5));
        assert_eq!(known.check(&digest, 0, 5), Verdict::Encode);
        assert!(known.serves(&digest, 0, 6));
        assert!(!known.serves(&digest, 0, 5) && !known.serves(&digest, 1, 6));
        assert_eq!(known.check(&digest, 0, 6), Verdict::Known);
        assert_eq!(known.check(&digest, 0, 4), Verdict::Encode);
        assert_eq!(known.check(&digest, 0, 5), Verdict::Known);
        assert_eq!(known.check(&digest, 1, 9), Verdict::Encode);
        assert!(known.settle(&digest));
        assert!(!known.settle(&digest));
        assert!(known.serves(&digest, 1, 0));
        assert_eq!(known.check(&digest, 1, 0), Verdict::Known);
    }

    #[test]
    fn added_digests_are_known() {
        let known = KnownSet::default();
        known.add(&[[2; 32], [3; 32]]);
        assert_eq!(known.check(&[3; 32], 0, 0), Verdict::Known);
        assert_eq!(known.check(&[4; 32], 0, 0), Verdict::Encode);
    }
}
