//! Which parts of a file have to be written: everything but blocks of zeros (spec: pxar.md §6.5).

/// Blocks are counted from the start of the file.
const BLOCK: u64 = 4096;

/// Whether all bytes are zero. Decides at once for most blocks that are not.
pub fn is_zero(block: &[u8]) -> bool {
    let (words, rest) = block.as_chunks::<8>();
    if let Some(first) = words.first()
        && u64::from_ne_bytes(*first) != 0
    {
        return false;
    }
    let (groups, words) = words.as_chunks::<16>();
    groups
        .iter()
        .all(|group| group.iter().fold(0, |sum, w| sum | u64::from_ne_bytes(*w)) == 0)
        && words.iter().all(|word| u64::from_ne_bytes(*word) == 0)
        && rest.iter().all(|byte| *byte == 0)
}

/// The maximal runs of `data`, which lies at `offset` in its file, that are not made of zero blocks.
/// A block that lies in `data` only partly counts by that part.
pub struct Runs<'a> {
    data: &'a [u8],
    offset: u64,
    at: usize,
}

impl<'a> Runs<'a> {
    pub fn new(data: &'a [u8], offset: u64) -> Self {
        Runs {
            data,
            offset,
            at: 0,
        }
    }

    fn block_end(&self, at: usize) -> usize {
        let in_block = (self.offset + at as u64) % BLOCK;
        self.data.len().min(at + (BLOCK - in_block) as usize)
    }
}

impl<'a> Iterator for Runs<'a> {
    /// File offset and bytes.
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut start = self.at;
        let length = self.data.len();
        loop {
            if start == length {
                self.at = length;
                return None;
            }
            let end = self.block_end(start);
            if !is_zero(&self.data[start..end]) {
                break;
            }
            start = end;
        }
        let mut end = self.block_end(start);
        while end < length {
            let next = self.block_end(end);
            if is_zero(&self.data[end..next]) {
                break;
            }
            end = next;
        }
        self.at = end;
        Some((self.offset + start as u64, &self.data[start..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_byte_anywhere_makes_a_block_not_zero() {
        for length in [0, 1, 7, 8, 9, 127, 128, 129, 200, 4095, 4096] {
            let mut block = vec![0u8; length];
            assert!(is_zero(&block));
            for at in 0..length {
                block[at] = 1;
                assert!(!is_zero(&block), "length {length}, byte {at}");
                block[at] = 0;
            }
        }
    }

    #[test]
    fn runs_are_what_a_walk_over_the_blocks_finds() {
        // Small generator, so that the test needs nothing.
        let mut seed = 1u64;
        let mut random = |below: u64| {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (seed >> 33) % below
        };
        for _ in 0..500 {
            let offset = random(3) * 4096 + random(2) * random(4096);
            let mut data = vec![0u8; random(40000) as usize];
            for _ in 0..random(5) {
                if !data.is_empty() {
                    let at = random(data.len() as u64) as usize;
                    let end = data.len().min(at + random(9000) as usize + 1);
                    data[at..end].fill(7);
                }
            }
            let mut expected = vec![false; data.len()];
            let mut from = 0;
            while from < data.len() {
                let to = data
                    .len()
                    .min(from + 4096 - (offset as usize + from) % 4096);
                expected[from..to].fill(data[from..to].iter().any(|byte| *byte != 0));
                from = to;
            }
            let mut found = vec![false; data.len()];
            let mut previous_end = None;
            for (start, run) in Runs::new(&data, offset) {
                assert!(!run.is_empty());
                assert_ne!(previous_end, Some(start), "runs are maximal");
                previous_end = Some(start + run.len() as u64);
                let from = (start - offset) as usize;
                assert_eq!(run, &data[from..from + run.len()]);
                found[from..from + run.len()].fill(true);
            }
            assert_eq!(found, expected);
        }
    }
}
