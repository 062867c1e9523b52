//! The files that a stream has not read to their end.

use crate::source::Source;
use std::collections::VecDeque;
use std::ops::{Index, IndexMut};

/// Files by number, in the order in which they come in the stream.
#[derive(Default)]
pub struct Sources {
    list: VecDeque<Source>,
    /// Number of the first one.
    first: usize,
}

impl Sources {
    /// Adds a file and returns its number, which stays the same.
    pub fn add(&mut self, source: Source) -> usize {
        self.list.push_back(source);
        self.first + self.list.len() - 1
    }

    /// Closes the files at the front that have been read.
    pub fn close_read(&mut self) {
        while self.list.front().is_some_and(|source| source.unread == 0) {
            self.list.pop_front();
            self.first += 1;
        }
    }

    pub fn clear(&mut self) {
        self.first += self.list.len();
        self.list.clear();
    }
}

impl Index<usize> for Sources {
    type Output = Source;

    fn index(&self, number: usize) -> &Source {
        &self.list[number - self.first]
    }
}

impl IndexMut<usize> for Sources {
    fn index_mut(&mut self, number: usize) -> &mut Source {
        &mut self.list[number - self.first]
    }
}
