//! Who the process and its threads are, what they may have, and what they have used.

use crate::errno::{Errno, check, uninterrupted};
use crate::opening::open_at;
use crate::status;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, RawFd};

pub fn effective_uid() -> u32 {
    // SAFETY: takes no memory, and always succeeds.
    unsafe { libc::geteuid() }
}

pub fn effective_gid() -> u32 {
    // SAFETY: takes no memory, and always succeeds.
    unsafe { libc::getegid() }
}

/// Sets the umask; returns the one before.
pub fn set_umask(mask: u32) -> u32 {
    // SAFETY: takes no memory, and always succeeds.
    unsafe { libc::umask(mask) }
}

/// Gives the calling thread a umask and a working directory that other threads do not share.
pub fn leave_shared_umask() -> Result<(), Errno> {
    // SAFETY: takes no memory; concerns what only this thread does afterwards.
    check(unsafe { libc::unshare(libc::CLONE_FS) }).map(drop)
}

/// Sets whose permissions the calling thread has for files, and who owns what it creates. Returns the
/// user and group before. EPERM, and no change, if that is not allowed.
pub fn set_file_user(user: (u32, u32)) -> ((u32, u32), Result<(), Errno>) {
    // An id that does not exist changes nothing: that is how to ask for the current one.
    const ASK: u32 = u32::MAX;
    let set = |(uid, gid): (u32, u32)| {
        // SAFETY: these calls take no memory and report nothing but what was there before.
        unsafe {
            let gid = libc::setfsgid(gid) as u32;
            (libc::setfsuid(uid) as u32, gid)
        }
    };
    let before = set(user);
    if set((ASK, ASK)) == user {
        return (before, Ok(()));
    }
    set(before);
    (before, Err(libc::EPERM))
}

/// Leaves the terminal: makes the process the first of a session of its own, and lets its standard
/// streams lead nowhere, with all copies of them that a runtime has made for itself.
pub fn leave_terminal() -> Result<(), Errno> {
    // SAFETY: takes no memory.
    check(unsafe { libc::setsid() })?;
    let null = open_at(libc::AT_FDCWD, c"/dev/null", libc::O_RDWR, 0)?;
    let streams: Vec<_> = (0..=2).filter_map(|fd| identity(fd).ok()).collect();
    for fd in open_descriptors()? {
        if fd > 2 && identity(fd).is_ok_and(|identity| streams.contains(&identity)) {
            replace(fd, null.as_raw_fd(), libc::O_CLOEXEC)?;
        }
    }
    (0..=2).try_for_each(|fd| replace(fd, null.as_raw_fd(), 0))
}

/// Device and inode.
fn identity(fd: RawFd) -> Result<(u64, u64), Errno> {
    let found = status::stat(fd)?;
    Ok((found.st_dev, found.st_ino))
}

fn open_descriptors() -> Result<Vec<RawFd>, Errno> {
    let names = std::fs::read_dir("/proc/self/fd");
    let names = names.map_err(|error| error.raw_os_error().unwrap_or(libc::EIO))?;
    let numbers = names.filter_map(|name| name.ok()?.file_name().to_str()?.parse().ok());
    Ok(numbers.collect())
}

/// Lets a descriptor lead where another one does.
fn replace(fd: RawFd, by: RawFd, flags: i32) -> Result<(), Errno> {
    if fd == by {
        return Ok(());
    }
    // SAFETY: takes no memory; whoever uses the descriptor still can.
    uninterrupted(|| check(unsafe { libc::dup3(by, fd, flags) })).map(drop)
}

/// How many files the process may have open at a time.
pub fn open_files_max() -> Result<u64, Errno> {
    let mut limit = MaybeUninit::<libc::rlimit>::zeroed();
    // SAFETY: `limit` is of the type the call fills in.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) })?;
    // SAFETY: the call has filled it in, and zeros are valid as well.
    Ok(unsafe { limit.assume_init() }.rlim_cur)
}

/// What the calling thread has used so far.
pub fn thread_usage() -> Result<libc::rusage, Errno> {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `usage` is of the type the call fills in.
    check(unsafe { libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr()) })?;
    // SAFETY: the call has filled it in, and zeros are valid as well.
    Ok(unsafe { usage.assume_init() })
}

/// Processor time of the calling thread in nanoseconds.
pub fn thread_nanos() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is of the type the call fills in.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
