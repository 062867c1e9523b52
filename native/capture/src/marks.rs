//! Names that say something about the directory that has them.

use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, RawFd};

use crate::exclude_file::read_all;
use crate::layout::{CaptureStep as Step, mark_kind};
use crate::open::open_at;
use crate::program::Program;
use crate::record::Failure;
use pbs_native_posix::{self as posix, Errno, stat, stat_at};

/// As much of a file as is read if only its beginning counts.
const HEAD_SIZE: usize = 64;
/// Rules for one directory are shorter, and what they become takes memory for as long as the walk is in it.
const SIZE_MAX: usize = 1 << 20;

pub struct Mark {
    name: CString,
    kind: u32,
}

/// Kind, length and bytes of each name; `None` if that is malformed.
pub fn parse(program: &[u8]) -> Option<Vec<Mark>> {
    let mut program = Program(program);
    let mut marks = Vec::new();
    while !program.0.is_empty() {
        let kind = program.u32()?;
        let len = program.u32()? as usize;
        let name = CString::new(program.bytes(len)?).ok()?;
        (kind <= mark_kind::CONTENT).then_some(())?;
        marks.push(Mark { name, kind });
    }
    Some(marks)
}

impl Mark {
    pub fn name(&self) -> &CStr {
        &self.name
    }

    /// What a directory's entry of this name has to say, `None` if it has vanished.
    pub fn read(&self, dir: RawFd) -> Result<Option<Vec<u8>>, Failure> {
        let content = match self.kind {
            mark_kind::HEAD => read_file(dir, &self.name, true),
            mark_kind::CONTENT => read_file(dir, &self.name, false),
            _ => return Ok(Some(Vec::new())),
        };
        match content {
            Ok(content) => Ok(Some(content)),
            Err((_, libc::ENOENT)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

/// EINVAL for what is no regular file: that is not even opened, it could be a device.
fn read_file(dir: RawFd, name: &CStr, only_head: bool) -> Result<Vec<u8>, Failure> {
    let regular = |found: Result<libc::stat, Errno>| match found?.st_mode & libc::S_IFMT {
        libc::S_IFREG => Ok(()),
        _ => Err(libc::EINVAL),
    };
    let open = |error| (Step::OpenExcludeFile, error);
    regular(stat_at(dir, name)).map_err(open)?;
    let file = open_at(dir, name, libc::O_NOFOLLOW).map_err(open)?;
    let fd = file.as_raw_fd();
    regular(stat(fd)).map_err(open)?;
    let content = if only_head {
        read_head(fd)
    } else {
        read_all(fd, SIZE_MAX)
    };
    content.map_err(|error| (Step::ReadExcludeFile, error))
}

fn read_head(fd: RawFd) -> Result<Vec<u8>, Errno> {
    let mut head = vec![0; HEAD_SIZE];
    let mut len = 0;
    while len < HEAD_SIZE {
        match posix::read(fd, &mut head[len..]) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(libc::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(len);
    Ok(head)
}
