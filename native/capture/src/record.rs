//! The records a walk delivers: little-endian 32-bit words, then bytes, padded to eight.

use pbs_native_interface::Record;

use crate::layout::{
    CaptureBegin, CaptureEnd, CaptureEntry, CaptureFailure, CaptureMark, CaptureStep, kind,
};

/// A failed call, and at which step.
pub type Failure = (CaptureStep, i32);

fn finish(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(8), 0);
    let len = out.len() as u32;
    out[..4].copy_from_slice(&len.to_le_bytes());
}

/// Writes an entry. `xattrs` is `count` times: a `CaptureXattr`, name, value.
pub fn entry(
    out: &mut Vec<u8>,
    head: &CaptureEntry,
    name: &[u8],
    target: &[u8],
    xattr_count: u32,
    xattrs: &[u8],
) {
    let head = CaptureEntry {
        kind: kind::ENTRY,
        name_length: name.len() as u32,
        target_length: target.len() as u32,
        xattr_count,
        ..*head
    };
    out.clear();
    out.reserve(size_of::<CaptureEntry>() + name.len() + target.len() + xattrs.len() + 8);
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(name);
    out.extend_from_slice(target);
    out.extend_from_slice(xattrs);
    finish(out);
}

/// Writes that the contents of the directory delivered last begin, and how many names were listed.
pub fn begin(out: &mut Vec<u8>, count: usize) {
    let begin = CaptureBegin {
        kind: kind::BEGIN,
        count: u32::try_from(count).unwrap_or(u32::MAX),
        ..Default::default()
    };
    out.clear();
    out.extend_from_slice(begin.as_bytes());
    finish(out);
}

/// Writes that the innermost directory ends.
pub fn end(out: &mut Vec<u8>) {
    let end = CaptureEnd {
        kind: kind::END,
        ..Default::default()
    };
    out.clear();
    out.extend_from_slice(end.as_bytes());
    finish(out);
}

fn failure(out: &mut Vec<u8>, kind: u32, step: u32, errno: i32, text: &[u8]) {
    let head = CaptureFailure {
        kind,
        step,
        errno: errno as u32,
        text_length: text.len() as u32,
        ..Default::default()
    };
    out.clear();
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(text);
    finish(out);
}

/// Writes that a call failed for an entry, or with an empty name for the innermost directory.
pub fn failed(out: &mut Vec<u8>, step: CaptureStep, errno: i32, name: &[u8]) {
    failure(out, kind::FAILED, step as u32, errno, name);
}

/// Writes the content of the innermost directory's exclude file, or why there is none.
pub fn exclude_file(out: &mut Vec<u8>, result: Result<&[u8], Failure>) {
    let (step, errno, content) = match result {
        Ok(content) => (0, 0, content),
        Err((step, errno)) => (step as u32, errno, &[][..]),
    };
    failure(out, kind::EXCLUDE_FILE, step, errno, content);
}

/// Writes what the mark at an index of those that are watched says, or why that is not known.
pub fn mark(out: &mut Vec<u8>, index: u32, result: Result<&[u8], Failure>) {
    let (step, errno, content) = match result {
        Ok(content) => (0, 0, content),
        Err((step, errno)) => (step as u32, errno, &[][..]),
    };
    let head = CaptureMark {
        kind: kind::MARK,
        index,
        step,
        errno: errno as u32,
        text_length: content.len() as u32,
        ..Default::default()
    };
    out.clear();
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(content);
    finish(out);
}
