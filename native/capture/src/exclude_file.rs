//! The file with exclude patterns that any directory may have.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, RawFd};

use crate::layout::CaptureStep as Step;
use crate::open::open_at;
use crate::record::Failure;
use pbs_native_posix::Errno;

pub const NAME: &CStr = c".pxarexclude";
/// Anything larger is not a list of patterns.
const SIZE_MAX: usize = 16 << 20;

/// Content of a directory's exclude file, `None` if there is none.
pub fn read(dir: RawFd) -> Result<Option<Vec<u8>>, Failure> {
    let file = match open_at(dir, NAME, 0) {
        Ok(file) => file,
        Err(libc::ENOENT) => return Ok(None),
        Err(error) => return Err((Step::OpenExcludeFile, error)),
    };
    let content = read_all(file.as_raw_fd(), SIZE_MAX);
    content
        .map(Some)
        .map_err(|error| (Step::ReadExcludeFile, error))
}

/// All of a file; EFBIG if that is more than `size_max` bytes.
pub fn read_all(fd: RawFd, size_max: usize) -> Result<Vec<u8>, Errno> {
    let mut content = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match pbs_native_posix::read(fd, &mut buffer) {
            Ok(0) => return Ok(content),
            Ok(len) => content.extend_from_slice(&buffer[..len]),
            Err(libc::EINTR) => {}
            Err(error) => return Err(error),
        }
        if content.len() > size_max {
            return Err(libc::EFBIG);
        }
    }
}
