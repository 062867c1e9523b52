//! Many folders in one call.

use crate::identity::pbs_set_file_user;
use crate::result::status;

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
        return make_all(directory, first, count, mode, exact != 0);
    }
    let mut previous = [0; 2];
    // SAFETY: `previous` is two numbers.
    let entered = unsafe { pbs_set_file_user(uid, gid, previous.as_mut_ptr()) };
    if entered < 0 {
        return entered;
    }
    let result = make_all(directory, first, count, mode, exact != 0);
    let [uid, gid] = previous;
    // SAFETY: as above. The thread is used for other calls afterwards.
    let left = unsafe { pbs_set_file_user(uid, gid, previous.as_mut_ptr()) };
    if result < 0 { result } else { left }
}

fn make_all(directory: i32, first: u32, count: u32, mode: u32, exact: bool) -> i32 {
    for number in first..first.saturating_add(count) {
        let name = name_of(number);
        // SAFETY: the name ends in NUL and lives through the calls.
        let made = status(unsafe { libc::mkdirat(directory, name.as_ptr().cast(), mode) });
        if made == -libc::EEXIST {
            continue;
        }
        if made < 0 {
            return made;
        }
        if exact {
            // SAFETY: as above.
            let changed =
                status(unsafe { libc::fchmodat(directory, name.as_ptr().cast(), mode, 0) });
            if changed < 0 {
                return changed;
            }
        }
    }
    0
}

/// The last four hexadecimal digits, and a NUL.
fn name_of(number: u32) -> [u8; 5] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |shift: u32| DIGITS[(number >> shift & 15) as usize];
    [digit(12), digit(8), digit(4), digit(0), 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_four_digits() {
        assert_eq!(&name_of(0), b"0000\0");
        assert_eq!(&name_of(0x1a2f), b"1a2f\0");
        assert_eq!(&name_of(65535), b"ffff\0");
    }
}
