//! Many folders in one call.

use crate::errno::Errno;
use crate::metadata::set_mode_at;
use crate::names::make_directory;
use crate::process::set_file_user;
use pbs_native_interface::answer;
use std::ffi::CStr;

/// Creates folders named by four hexadecimal digits, `first` and the `count - 1` after it, as if the
/// user and group did it; an id of `u32::MAX` stands for the process's own. Folders that exist are left
/// as they are. With `exact` the umask takes no bits of `mode` away. Returns 0, or the negative error
/// number of the first that failed. Nonblocking call: changes this thread's identity while it runs.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_make_numbered_folders(
    directory: i32,
    first: u32,
    count: u32,
    mode: u32,
    exact: u32,
    uid: u32,
    gid: u32,
) -> i32 {
    if uid == u32::MAX && gid == u32::MAX {
        return answer(make_all(directory, first, count, mode, exact != 0).map(|()| 0));
    }
    let (previous, entered) = set_file_user((uid, gid));
    if let Err(errno) = entered {
        return -errno;
    }
    let result = make_all(directory, first, count, mode, exact != 0);
    // The thread is used for other calls afterwards.
    let (_, left) = set_file_user(previous);
    answer(result.and(left).map(|()| 0))
}

fn make_all(dir: i32, first: u32, count: u32, mode: u32, exact: bool) -> Result<(), Errno> {
    for number in first..first.saturating_add(count) {
        let name = name_of(number);
        let name = CStr::from_bytes_with_nul(&name).expect("digits and one NUL");
        match make_directory(dir, name, mode) {
            Err(libc::EEXIST) => continue,
            result => result?,
        }
        if exact {
            set_mode_at(dir, name, mode)?;
        }
    }
    Ok(())
}

/// The last four hexadecimal digits, and a NUL.
fn name_of(number: u32) -> [u8; 5] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |shift: u32| DIGITS[(number >> shift & 15) as usize];
    [digit(12), digit(8), digit(4), digit(0), 0]
}

#[cfg(test)]
#[path = "numbered_folders_test.rs"]
mod tests;
