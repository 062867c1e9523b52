//! Batch reading of a directory tree: names, metadata and open descriptors of many entries in one
//! call, in walk order (depth first, names sorted by their bytes).
//!
//! The crate makes system calls and reports what they returned. What an error, a mount point or an
//! exclude file means is decided by the caller: a walk pauses there until it is told how to go on.

mod entry;
mod errno;
mod exclude_file;
mod frame;
mod glob;
pub mod layout;
mod listing;
mod open;
mod prefetch;
mod record;
mod walker;
mod xattrs;

use std::cell::UnsafeCell;
use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering};

use errno::last_errno;
use layout::{CaptureStatus, state};
use walker::{State, Walker};

/// A walk, as the caller holds it. Only `cancel` may be touched while a call is running.
pub struct Capture {
    cancel: AtomicBool,
    walker: UnsafeCell<Walker>,
}

/// Opens the directory a walk begins with.
///
/// `flags` bit 0: follow a symbolic link at the end of the path. Returns a descriptor or a negative
/// errno.
///
/// # Safety
/// `path` points to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_open_root(path: *const libc::c_char, flags: u32) -> i32 {
    if path.is_null() {
        return -libc::EFAULT;
    }
    // SAFETY: the caller vouches that it ends in NUL.
    let path = unsafe { CStr::from_ptr(path) };
    let no_follow = if flags & 1 == 0 { libc::O_NOFOLLOW } else { 0 };
    match open::open_at(libc::AT_FDCWD, path, libc::O_DIRECTORY | no_follow) {
        Ok(fd) => fd,
        Err(error) => -error,
    }
}

/// `f_type` of the file system an open descriptor is on, as 32 unsigned bits, or a negative errno.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_capture_file_system(fd: i32) -> i64 {
    match open::file_system(fd) {
        Ok(magic) => i64::from(magic),
        Err(error) => -i64::from(error),
    }
}

/// Begins a walk. Takes `root_fd` over in any case. `features` are those of the root's file system.
/// Never returns null.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_capture_new(root_fd: i32, features: u32) -> *mut Capture {
    Box::into_raw(Box::new(Capture {
        cancel: AtomicBool::new(false),
        walker: UnsafeCell::new(Walker::new(root_fd, features)),
    }))
}

/// Reads on. Writes records to `out` until it is full, `open_files_max` descriptors are in it, some
/// time has passed, the walk has to pause, or it is complete.
///
/// Returns the number of bytes written, -EMSGSIZE if `out` is too small for the next record (then
/// `needed` says how much it takes), -ECANCELED, or -EINVAL on a paused walk. Nonblocking call.
///
/// # Safety
/// `capture` comes from `pbs_capture_new` and no other call but `pbs_capture_cancel` is running;
/// `out` and `status` are writable, 8-byte aligned and not used by anybody else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_next(
    capture: *mut Capture,
    out: *mut u8,
    out_len: usize,
    open_files_max: u32,
    status: *mut CaptureStatus,
) -> i64 {
    if capture.is_null() || out.is_null() || status.is_null() {
        return -i64::from(libc::EFAULT);
    }
    // SAFETY: the caller vouches that it is a walk that was not freed.
    let capture = unsafe { &*capture };
    // SAFETY: no other call uses the walker meanwhile, see above.
    let walker = unsafe { &mut *capture.walker.get() };
    // SAFETY: the caller vouches for as many writable bytes.
    let out = unsafe { std::slice::from_raw_parts_mut(out, out_len) };
    let result = walker.next(out, open_files_max.max(1), &capture.cancel);
    // SAFETY: not null, and the caller vouches that it is writable.
    let status = unsafe { &mut *status };
    status.state = match walker.state() {
        State::Running => state::RUNNING,
        State::Paused => state::PAUSED,
        State::Complete => state::COMPLETE,
    };
    status.open_files = walker.delivered_files();
    status.needed = walker.pending_len() as u64;
    match result {
        Ok(written) => written as i64,
        Err(error) => -i64::from(error),
    }
}

/// Appends match entries to the list: before the first `pbs_capture_next`, or while paused at an
/// exclude file, whose directory they are limited to. Returns 0 or -EINVAL if they are malformed.
///
/// # Safety
/// As for `pbs_capture_next`; `patterns` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_add_patterns(
    capture: *mut Capture,
    patterns: *const u8,
    len: usize,
) -> i32 {
    if capture.is_null() {
        return -libc::EFAULT;
    }
    // SAFETY: no other call uses the walker meanwhile, see above.
    let walker = unsafe { &mut *(*capture).walker.get() };
    // SAFETY: the caller vouches for as many bytes.
    match walker.add_patterns(unsafe { bytes(patterns, len) }) {
        Some(()) => 0,
        None => -libc::EINVAL,
    }
}

/// Writes, for each match entry of the first `pbs_capture_add_patterns`, 1 if it has matched anything
/// so far, else 0. Returns how many were written, at most `len`.
///
/// # Safety
/// As for `pbs_capture_next`; `out` is writable for `len` bytes and not used by anybody else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_met_patterns(
    capture: *mut Capture,
    out: *mut u8,
    len: usize,
) -> i32 {
    if capture.is_null() || out.is_null() {
        return -libc::EFAULT;
    }
    // SAFETY: the caller's promise; nobody else uses the walker meanwhile.
    let walker = unsafe { &*(*capture).walker.get() };
    // SAFETY: the caller's promise.
    let out = unsafe { std::slice::from_raw_parts_mut(out, len) };
    let mut written = 0;
    for (byte, met) in out.iter_mut().zip(walker.met_patterns()) {
        *byte = u8::from(*met);
        written += 1;
    }
    written
}

/// Lets a paused walk go on. `enter` is used behind a mount point: 0 leaves its contents out, else
/// they are read with `features`. Returns 0 or -EINVAL if the walk is not paused.
///
/// # Safety
/// As for `pbs_capture_next`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_resume(
    capture: *mut Capture,
    enter: u32,
    features: u32,
) -> i32 {
    if capture.is_null() {
        return -libc::EFAULT;
    }
    // SAFETY: no other call uses the walker meanwhile, see above.
    let walker = unsafe { &mut *(*capture).walker.get() };
    if walker.resume(enter != 0, features) {
        0
    } else {
        -libc::EINVAL
    }
}

/// Makes a running or future `pbs_capture_next` return -ECANCELED soon. From any thread.
///
/// # Safety
/// `capture` comes from `pbs_capture_new` and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_cancel(capture: *mut Capture) {
    if !capture.is_null() {
        // SAFETY: the caller vouches that it was not freed; the flag is atomic.
        unsafe { &*capture }.cancel.store(true, Ordering::Relaxed);
    }
}

/// Ends a walk and closes what it holds open itself; delivered descriptors stay open. May have to wait
/// for system calls under way on other threads: nonblocking call.
///
/// # Safety
/// As for `pbs_capture_next`; not to be used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_free(capture: *mut Capture) {
    if !capture.is_null() {
        // SAFETY: made by `Box::into_raw`, and the caller does not use it again.
        drop(unsafe { Box::from_raw(capture) });
    }
}

/// Evaluates compiled match entries for one path: 0 none matches, 1 include, 2 exclude, or -EINVAL if
/// they are malformed.
///
/// # Safety
/// Both pointers point to that many readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_match(
    patterns: *const u8,
    patterns_len: usize,
    path: *const u8,
    path_len: usize,
    is_directory: u32,
) -> i32 {
    let mut list = glob::MatchList::default();
    // SAFETY: the caller vouches for as many bytes.
    if list.add(unsafe { bytes(patterns, patterns_len) }).is_none() {
        return -libc::EINVAL;
    }
    // SAFETY: the caller vouches for as many bytes.
    match list.evaluate(unsafe { bytes(path, path_len) }, || {
        Ok::<_, i32>(is_directory != 0)
    }) {
        Ok(Some(true)) => 1,
        Ok(Some(false)) => 2,
        _ => 0,
    }
}

/// A slice of the caller's memory; a length of 0 goes with any pointer.
unsafe fn bytes<'a>(start: *const u8, len: usize) -> &'a [u8] {
    if len == 0 || start.is_null() {
        &[]
    } else {
        // SAFETY: not null, and the callers of this function vouch for the bytes.
        unsafe { std::slice::from_raw_parts(start, len) }
    }
}

/// Closes a descriptor. Returns 0 or a negative errno.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_capture_close(fd: i32) -> i32 {
    // SAFETY: takes no memory; the number is the caller's to give.
    if unsafe { libc::close(fd) } == 0 {
        0
    } else {
        -last_errno()
    }
}
