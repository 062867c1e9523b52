//! The only paths of a tree that are wanted, with what is below them.

use std::ffi::CStr;

use crate::listing::Listing;

/// Paths relative to the root, sorted by their components.
pub struct Selection {
    text: Vec<u8>,
    /// Start and end of each path, none of them twice.
    paths: Vec<(usize, usize)>,
    /// Whether each of them was found.
    met: Vec<bool>,
    /// For each path as it was given, where it is among those.
    given: Vec<usize>,
}

/// What of a selection lies in one directory: the paths below it, and all of it if it is listed itself.
#[derive(Clone, Copy)]
pub struct Reach {
    from: usize,
    to: usize,
    /// Length of the directory's path and the slash behind it.
    offset: usize,
    whole: bool,
}

impl Selection {
    /// From paths with a NUL behind each; `None` if one is empty or has an empty component.
    pub fn new(text: &[u8]) -> Option<Self> {
        let mut paths = Vec::new();
        let mut start = 0;
        for path in text.split(|&byte| byte == 0) {
            let end = start + path.len();
            if end == text.len() {
                // Behind the last NUL, or nothing at all.
                path.is_empty().then_some(())?;
                break;
            }
            path.split(|&byte| byte == b'/')
                .all(|part| !part.is_empty())
                .then_some(())?;
            paths.push((start, end));
            start = end + 1;
        }
        let parts = |&(start, end): &(usize, usize)| text[start..end].split(|&byte| byte == b'/');
        let mut order: Vec<usize> = (0..paths.len()).collect();
        order.sort_unstable_by(|&a, &b| parts(&paths[a]).cmp(parts(&paths[b])));
        let mut sorted: Vec<(usize, usize)> = Vec::new();
        let mut given = vec![0; paths.len()];
        for index in order {
            let (start, end) = paths[index];
            let is_new = sorted
                .last()
                .is_none_or(|&(first, last)| text[first..last] != text[start..end]);
            if is_new {
                sorted.push((start, end));
            }
            given[index] = sorted.len() - 1;
        }
        Some(Self {
            text: text.to_vec(),
            met: vec![false; sorted.len()],
            paths: sorted,
            given,
        })
    }

    /// What lies in the root.
    pub fn all(&self) -> Reach {
        Reach {
            from: 0,
            to: self.paths.len(),
            offset: 0,
            whole: false,
        }
    }

    /// What lies in a directory of the one that `reach` is of.
    pub fn below(&self, reach: Reach, name: &[u8]) -> Reach {
        let Reach {
            from,
            to,
            offset,
            whole,
        } = reach;
        let within = &self.paths[from..to];
        let first =
            from + within.partition_point(|&path| component(&self.text, path, offset) < name);
        let within = &self.paths[first..to];
        let last =
            first + within.partition_point(|&path| component(&self.text, path, offset) <= name);
        let is_listed = first < last && self.ends(first, offset + name.len());
        Reach {
            from: first + usize::from(is_listed),
            to: last,
            offset: offset + name.len() + 1,
            whole: whole || is_listed,
        }
    }

    /// Drops the names of a directory that are not wanted. `is_directory` tells by name and `d_type`: what
    /// is only on the way to a path leads there as a directory.
    pub fn keep(
        &mut self,
        reach: Reach,
        listing: &mut Listing,
        is_directory: impl Fn(&CStr, u8) -> bool,
    ) {
        let Reach {
            from,
            to,
            offset,
            whole,
        } = reach;
        if whole && from == to {
            return;
        }
        let mut at = from;
        listing.retain(|entry, d_type| {
            let name = entry.to_bytes();
            // Names and paths are in the same order.
            while at < to && component(&self.text, self.paths[at], offset) < name {
                at += 1;
            }
            let is_found = at < to && component(&self.text, self.paths[at], offset) == name;
            let is_listed = is_found && self.ends(at, offset + name.len());
            if is_listed {
                self.met[at] = true;
            }
            whole || is_listed || is_found && is_directory(entry, d_type)
        });
    }

    /// Whether each path, as they were given, was found.
    pub fn met(&self) -> impl Iterator<Item = bool> {
        self.given.iter().map(|&index| self.met[index])
    }

    fn ends(&self, index: usize, len: usize) -> bool {
        let (start, end) = self.paths[index];
        end - start == len
    }
}

/// The component of a path that begins at an offset.
fn component(text: &[u8], (start, end): (usize, usize), offset: usize) -> &[u8] {
    let rest = &text[start + offset..end];
    let len = rest.iter().position(|&byte| byte == b'/');
    &rest[..len.unwrap_or(rest.len())]
}

#[cfg(test)]
#[path = "selection_test.rs"]
mod tests;
