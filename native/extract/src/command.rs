//! Parsing of commands. Layout: native/include/pbs_extract.h. Everything is checked, nothing copied.

use crate::attributes::Attributes;
use crate::layout::{ExtractBare, ExtractEntry, ExtractPiece, ExtractPieces, op, piece_chunk};
use pbs_native_interface::Record;
use std::ffi::CStr;

const MAX_NAME: usize = 4096;

/// A malformed command.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

fn word(bytes: &[u8], index: usize) -> Result<u32, Malformed> {
    let (words, _) = bytes.as_chunks::<4>();
    words
        .get(index)
        .map(|word| u32::from_le_bytes(*word))
        .ok_or(Malformed)
}

fn padded(length: usize) -> usize {
    length.next_multiple_of(4)
}

/// One command, its length checked.
#[derive(Clone, Copy)]
pub struct Command<'a> {
    bytes: &'a [u8],
    pub op: u8,
}

impl<'a> Command<'a> {
    /// The command at the start of `bytes`.
    pub fn first(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let head = ExtractBare::read(bytes).ok_or(Malformed)?;
        let length = head.length as usize;
        if length < size_of::<ExtractBare>() || !length.is_multiple_of(8) || length > bytes.len() {
            return Err(Malformed);
        }
        Ok(Command {
            bytes: &bytes[..length],
            op: head.op as u8,
        })
    }

    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// The command as an entry.
    pub fn entry(&self) -> Result<Entry<'a>, Malformed> {
        let head = ExtractEntry::read(self.bytes).ok_or(Malformed)?;
        let name_length = (head.op >> 16) as usize;
        let mut rest = &self.bytes[size_of::<ExtractEntry>()..];
        let name = if self.op == op::ROOT {
            c""
        } else {
            let name = take_string(&mut rest, name_length)?;
            if !valid_name(name.to_bytes()) {
                return Err(Malformed);
            }
            name
        };
        let (extras, tail) = rest
            .split_at_checked(head.extras_length as usize)
            .ok_or(Malformed)?;
        check_extras(extras)?;
        Ok(Entry {
            name,
            attributes: Attributes {
                mode: head.mode,
                uid: head.uid,
                gid: head.gid,
                nanos: head.mtime_nanos,
                secs: head.mtime_secs,
                extras,
            },
            number: head.number,
            count: head.count,
            tail,
        })
    }

    /// The pieces of `op::FILE_PIECES`.
    pub fn pieces(&self) -> Result<Pieces<'a>, Malformed> {
        let head = ExtractPieces::read(self.bytes).ok_or(Malformed)?;
        Ok(Pieces {
            bytes: &self.bytes[size_of::<ExtractPieces>()..],
            left: head.count,
        })
    }
}

/// A single component that names neither the directory itself nor its parent (spec: pxar.md §1.7).
pub fn valid_name(name: &[u8]) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && name != b"."
        && name != b".."
        && !name.contains(&b'/')
}

fn take_string<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a CStr, Malformed> {
    let (with_nul, _) = rest.split_at_checked(length + 1).ok_or(Malformed)?;
    let text = CStr::from_bytes_with_nul(with_nul).map_err(|_| Malformed)?;
    *rest = rest.get(padded(length + 1)..).ok_or(Malformed)?;
    Ok(text)
}

fn check_extras(mut extras: &[u8]) -> Result<(), Malformed> {
    while !extras.is_empty() {
        let length = (word(extras, 0)? >> 8) as usize;
        extras = extras.get(4 + padded(length)..).ok_or(Malformed)?;
    }
    Ok(())
}

/// A command with name and metadata.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub name: &'a CStr,
    pub attributes: Attributes<'a>,
    number: [u32; 2],
    count: u32,
    tail: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Size of a file.
    pub fn size(&self) -> u64 {
        u64::from(self.number[0]) | u64::from(self.number[1]) << 32
    }

    /// Major and minor number of a device.
    pub fn device(&self) -> (u32, u32) {
        (self.number[0], self.number[1])
    }

    pub fn pieces(&self) -> Pieces<'a> {
        Pieces {
            bytes: self.tail,
            left: self.count,
        }
    }

    /// Target of a link, not empty.
    pub fn link_target(&self) -> Result<&'a CStr, Malformed> {
        let mut rest = self.tail;
        let target = take_string(&mut rest, self.count as usize)?;
        if target.is_empty() {
            Err(Malformed)
        } else {
            Ok(target)
        }
    }
}

/// Where bytes of a file are.
#[derive(Clone, Copy)]
pub enum Piece<'a> {
    Chunk {
        chunk: u32,
        offset: u32,
        length: u32,
    },
    Inline(&'a [u8]),
}

impl Piece<'_> {
    pub fn length(&self) -> u64 {
        match self {
            Piece::Chunk { length, .. } => u64::from(*length),
            Piece::Inline(bytes) => bytes.len() as u64,
        }
    }
}

/// Pieces in the order of the file.
#[derive(Clone, Copy)]
pub struct Pieces<'a> {
    bytes: &'a [u8],
    left: u32,
}

impl<'a> Pieces<'a> {
    fn parse(&mut self) -> Result<Piece<'a>, Malformed> {
        let ExtractPiece {
            chunk,
            offset,
            length,
        } = ExtractPiece::read(self.bytes).ok_or(Malformed)?;
        self.bytes = &self.bytes[size_of::<ExtractPiece>()..];
        if chunk != piece_chunk::INLINE {
            return Ok(Piece::Chunk {
                chunk,
                offset,
                length,
            });
        }
        let length = length as usize;
        let data = self.bytes.get(..length).ok_or(Malformed)?;
        self.bytes = self.bytes.get(padded(length)..).ok_or(Malformed)?;
        Ok(Piece::Inline(data))
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let piece = self.parse();
        if piece.is_err() {
            self.left = 0;
        }
        Some(piece)
    }
}

#[cfg(test)]
#[path = "command_test.rs"]
mod tests;
