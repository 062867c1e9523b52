//! The file with exclude patterns that any directory may have.

use std::ffi::CStr;

use crate::errno::check_len;
use crate::layout::CaptureStep as Step;
use crate::open::open_at;
use crate::record::Failure;

pub const NAME: &CStr = c".pxarexclude";
/// Anything larger is not a list of patterns.
const SIZE_MAX: usize = 16 << 20;

/// Content of a directory's exclude file, `None` if there is none.
pub fn read(dir: i32) -> Result<Option<Vec<u8>>, Failure> {
    let fd = match open_at(dir, NAME, 0) {
        Ok(fd) => fd,
        Err(libc::ENOENT) => return Ok(None),
        Err(error) => return Err((Step::OpenExcludeFile, error)),
    };
    let content = read_all(fd).map_err(|error| (Step::ReadExcludeFile, error));
    // SAFETY: opened above and used by nobody else.
    unsafe { libc::close(fd) };
    content.map(Some)
}

fn read_all(fd: i32) -> Result<Vec<u8>, i32> {
    let mut content = Vec::new();
    loop {
        content.reserve(4096);
        let room = content.spare_capacity_mut();
        // SAFETY: the buffer has as many bytes as it says.
        match check_len(unsafe { libc::read(fd, room.as_mut_ptr().cast(), room.len()) }) {
            Ok(0) => return Ok(content),
            // SAFETY: the call has filled in as many bytes.
            Ok(len) => unsafe { content.set_len(content.len() + len) },
            Err(libc::EINTR) => {}
            Err(error) => return Err(error),
        }
        if content.len() > SIZE_MAX {
            return Err(libc::EFBIG);
        }
    }
}
