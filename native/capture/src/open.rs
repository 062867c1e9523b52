//! Opening and looking at entries relative to a directory.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use crate::errno::check;

/// `openat` for reading, without changing the access time where that is allowed.
pub fn open_at(dir: i32, name: &CStr, flags: i32) -> Result<i32, i32> {
    let base = libc::O_RDONLY | libc::O_CLOEXEC | libc::O_NOCTTY;
    let open = |flags: i32| loop {
        // SAFETY: the name is a C string.
        match check(unsafe { libc::openat(dir, name.as_ptr(), flags) }) {
            Err(libc::EINTR) => continue,
            other => return other,
        }
    };
    // A fifo put in place of a file must not block.
    let careful = base | flags | libc::O_NONBLOCK;
    match open(careful | libc::O_NOATIME) {
        Err(libc::EPERM) => open(careful),
        // Somebody holds a lease on the file: wait until it is given back.
        Err(libc::EAGAIN) if is_regular(dir, name) => open(base | flags),
        other => other,
    }
}

fn is_regular(dir: i32, name: &CStr) -> bool {
    stat_at(dir, name).is_ok_and(|stat| stat.st_mode & libc::S_IFMT == libc::S_IFREG)
}

/// `lstat` relative to a directory.
pub fn stat_at(dir: i32, name: &CStr) -> Result<libc::stat, i32> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the name is a C string, and `stat` is of the type the call fills in.
    check(unsafe {
        libc::fstatat(
            dir,
            name.as_ptr(),
            stat.as_mut_ptr(),
            libc::AT_SYMLINK_NOFOLLOW,
        )
    })?;
    // SAFETY: the call has filled it in.
    Ok(unsafe { stat.assume_init() })
}

/// `fstat`.
pub fn stat_fd(fd: i32) -> Result<libc::stat, i32> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: `stat` is of the type the call fills in.
    check(unsafe { libc::fstat(fd, stat.as_mut_ptr()) })?;
    // SAFETY: the call has filled it in.
    Ok(unsafe { stat.assume_init() })
}

/// `f_type` as 32 unsigned bits.
pub fn file_system(fd: i32) -> Result<u32, i32> {
    let mut info = MaybeUninit::<libc::statfs>::uninit();
    loop {
        // SAFETY: `info` is of the type the call fills in.
        match check(unsafe { libc::fstatfs(fd, info.as_mut_ptr()) }) {
            Err(libc::EINTR) => continue,
            Err(error) => return Err(error),
            // SAFETY: the call has filled it in.
            Ok(_) => return Ok(unsafe { info.assume_init() }.f_type as u32),
        }
    }
}

/// Whether an entry is a directory, asked for where the listing does not tell.
pub fn is_directory(dir: i32, name: &CStr) -> Result<bool, i32> {
    Ok(stat_at(dir, name)?.st_mode & libc::S_IFMT == libc::S_IFDIR)
}
