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
#[path = "sparse_test.rs"]
mod tests;
