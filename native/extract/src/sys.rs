//! System calls with `Result`, retried on EINTR where that is right.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Positive error number.
pub type Errno = i32;

pub fn errno() -> Errno {
    // SAFETY: always valid for the calling thread.
    unsafe { *libc::__errno_location() }
}

pub fn check(result: libc::c_int) -> Result<libc::c_int, Errno> {
    if result < 0 { Err(errno()) } else { Ok(result) }
}

fn owned(result: libc::c_int) -> Result<OwnedFd, Errno> {
    // SAFETY: a descriptor that was just opened and belongs to nobody else.
    check(result).map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
}

pub fn open_at(dir: RawFd, name: &CStr, flags: i32, mode: u32) -> Result<OwnedFd, Errno> {
    loop {
        // SAFETY: `name` is NUL-terminated.
        let result =
            owned(unsafe { libc::openat(dir, name.as_ptr(), flags | libc::O_CLOEXEC, mode) });
        match result {
            Err(libc::EINTR) => continue,
            other => return other,
        }
    }
}

/// Opens a directory, never through a symbolic link in the last component.
pub fn open_directory(dir: RawFd, name: &CStr) -> Result<OwnedFd, Errno> {
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW;
    open_at(dir, name, flags, 0)
}

pub fn make_directory(dir: RawFd, name: &CStr, mode: u32) -> Result<(), Errno> {
    // SAFETY: `name` is NUL-terminated.
    check(unsafe { libc::mkdirat(dir, name.as_ptr(), mode) }).map(drop)
}

pub fn stat(fd: RawFd) -> Result<libc::stat, Errno> {
    // SAFETY: all-zero is a valid value of the plain structure that the kernel fills in.
    let mut result: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    check(unsafe { libc::fstat(fd, &mut result) })?;
    Ok(result)
}

/// `lstat` relative to a directory.
pub fn stat_at(dir: RawFd, name: &CStr) -> Result<libc::stat, Errno> {
    // SAFETY: all-zero is a valid value of the plain structure that the kernel fills in.
    let mut result: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `name` is NUL-terminated.
    check(unsafe { libc::fstatat(dir, name.as_ptr(), &mut result, libc::AT_SYMLINK_NOFOLLOW) })?;
    Ok(result)
}

/// Removes a name that is no directory.
pub fn unlink_at(dir: RawFd, name: &CStr) -> Result<(), Errno> {
    // SAFETY: `name` is NUL-terminated.
    check(unsafe { libc::unlinkat(dir, name.as_ptr(), 0) }).map(drop)
}

/// Writes everything at a file offset.
pub fn write_all_at(fd: RawFd, mut data: &[u8], mut offset: u64) -> Result<(), Errno> {
    while !data.is_empty() {
        // SAFETY: the slice is readable for its length.
        let written =
            unsafe { libc::pwrite64(fd, data.as_ptr().cast(), data.len(), offset as i64) };
        match written {
            0 => return Err(libc::EIO),
            n if n > 0 => {
                data = &data[n as usize..];
                offset += n as u64;
            }
            _ => match errno() {
                libc::EINTR => continue,
                other => return Err(other),
            },
        }
    }
    Ok(())
}

pub fn truncate(fd: RawFd, size: u64) -> Result<(), Errno> {
    loop {
        // SAFETY: no memory is involved.
        match check(unsafe { libc::ftruncate64(fd, size as i64) }) {
            Err(libc::EINTR) => continue,
            other => return other.map(drop),
        }
    }
}

/// Closes and reports what a file system says only then. The descriptor is gone in any case.
pub fn close(fd: OwnedFd) -> Result<(), Errno> {
    use std::os::fd::IntoRawFd;
    // SAFETY: the descriptor was owned.
    match check(unsafe { libc::close(fd.into_raw_fd()) }) {
        Err(libc::EINTR) => Ok(()),
        other => other.map(drop),
    }
}

/// Access time untouched, modification time as given. Nanoseconds out of range would not always be
/// refused by the kernel: two values mean "now" and "leave it".
pub fn times(secs: i64, nanos: u32) -> Result<[libc::timespec; 2], Errno> {
    if nanos > 999_999_999 {
        return Err(libc::EINVAL);
    }
    Ok([
        libc::timespec {
            tv_sec: 0,
            tv_nsec: libc::UTIME_OMIT,
        },
        libc::timespec {
            tv_sec: secs,
            tv_nsec: i64::from(nanos),
        },
    ])
}

/// Opens a directory below `root` without following any symbolic link and without leaving `root`.
/// `path` is relative, with validated components.
pub fn open_beneath(root: RawFd, path: &CStr) -> Result<OwnedFd, Errno> {
    #[repr(C)]
    struct OpenHow {
        flags: u64,
        mode: u64,
        resolve: u64,
    }
    const RESOLVE_NO_MAGICLINKS: u64 = 0x02;
    const RESOLVE_NO_SYMLINKS: u64 = 0x04;
    const RESOLVE_BENEATH: u64 = 0x08;
    let how = OpenHow {
        flags: (libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC) as u64,
        mode: 0,
        resolve: RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    // SAFETY: `path` is NUL-terminated, `how` is the structure of the size given.
    let result = unsafe {
        libc::syscall(
            libc::SYS_openat2,
            root,
            path.as_ptr(),
            &how as *const OpenHow,
            size_of::<OpenHow>(),
        )
    };
    match owned(result as libc::c_int) {
        // Unknown to the kernel, or forbidden by a container's filter.
        Err(libc::ENOSYS | libc::EPERM | libc::EINVAL) => open_componentwise(root, path),
        other => other,
    }
}

/// The same for kernels without openat2.
fn open_componentwise(root: RawFd, path: &CStr) -> Result<OwnedFd, Errno> {
    let flags = libc::O_PATH | libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let mut current: Option<OwnedFd> = None;
    for component in path.to_bytes().split(|byte| *byte == b'/') {
        let name = std::ffi::CString::new(component).map_err(|_| libc::EINVAL)?;
        let at = current.as_ref().map_or(root, AsRawFd::as_raw_fd);
        current = Some(open_at(at, &name, flags, 0)?);
    }
    current.ok_or(libc::EINVAL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn both(root: RawFd, path: &CStr) -> [Result<OwnedFd, Errno>; 2] {
        [open_beneath(root, path), open_componentwise(root, path)]
    }

    #[test]
    fn no_symbolic_link_is_followed_beneath_a_root() {
        let base = std::env::temp_dir().join(format!("extract-sys-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&base);
        std::fs::create_dir_all(base.join("a/b")).unwrap();
        symlink("/etc", base.join("a/out")).unwrap();
        symlink("b", base.join("a/in")).unwrap();
        let root = std::fs::File::open(&base).unwrap();
        for result in both(root.as_raw_fd(), c"a/b") {
            assert!(result.is_ok());
        }
        for path in [c"a/out", c"a/in", c"a/in/x", c"a/missing"] {
            for result in both(root.as_raw_fd(), path) {
                assert!(matches!(
                    result,
                    Err(libc::ELOOP | libc::ENOTDIR | libc::ENOENT)
                ));
            }
        }
        std::fs::remove_dir_all(&base).unwrap();
    }
}
