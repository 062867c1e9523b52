//! Digests of chunks of zeros, which are computed once for each length.

use crate::codec::{self, Crypt};
use crate::known::Digest;
use pbs_native_interface::unpoisoned;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// Few lengths occur: the maximum, the fixed size, and ends of streams.
const LENGTHS_MAX: usize = 64;

#[derive(Default)]
pub struct ZeroDigests(Mutex<HashMap<usize, Digest>>);

impl ZeroDigests {
    /// Digest of a chunk that may be one of zeros.
    pub fn digest(&self, data: &[u8], crypt: Option<&Crypt>) -> Digest {
        let fresh = || codec::digest(data, crypt);
        if !codec::is_zero(data) {
            return fresh();
        }
        let mut digests = self.lock();
        if digests.len() >= LENGTHS_MAX && !digests.contains_key(&data.len()) {
            return fresh();
        }
        *digests.entry(data.len()).or_insert_with(fresh)
    }

    /// Digest of so many zeros, if it was computed before.
    pub fn known(&self, length: usize) -> Option<Digest> {
        self.lock().get(&length).copied()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Digest>> {
        unpoisoned(self.0.lock())
    }
}
