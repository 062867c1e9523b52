//! What goes wrong with a stream: with one of its files, or with all of it.

use crate::layout::{FailureKind, ProblemKind, ProblemRecord};

/// A spliced file whose length was not the announced one, or that could not be read all through.
#[derive(Clone, Copy)]
pub struct Problem {
    pub tag: u64,
    pub kind: ProblemKind,
    /// Why, and which stretch was filled with zeros, if it could not be read.
    pub errno: i32,
    pub offset: u64,
    pub length: u64,
}

impl Problem {
    /// About the length.
    pub fn of_length(tag: u64, kind: ProblemKind) -> Self {
        Self {
            tag,
            kind,
            errno: 0,
            offset: 0,
            length: 0,
        }
    }

    /// As it crosses the interface.
    pub fn record(&self) -> ProblemRecord {
        ProblemRecord {
            tag: self.tag,
            kind: self.kind as u32,
            errno: self.errno,
            offset: self.offset,
            length: self.length,
        }
    }

    /// Whether `next` is the same trouble right behind this one.
    pub fn continues_in(&self, next: &Self) -> bool {
        self.kind == ProblemKind::Unreadable
            && next.kind == self.kind
            && (next.tag, next.errno) == (self.tag, self.errno)
            && next.offset == self.offset + self.length
    }
}

/// Why a stream failed.
#[derive(Clone, Copy)]
pub struct Failure {
    pub kind: FailureKind,
    pub errno: i32,
    /// Of the file, if reading failed.
    pub tag: u64,
    /// Byte in that file where it failed, if it has places.
    pub offset: Option<u64>,
}
