//! The C functions; documented in native/include/pbs_capture.h.

use crate::capture::Capture;
use crate::glob::MatchList;
use crate::layout::{CaptureStatus, state};
use crate::open::open_at;
use crate::walker::{State, Walker};
use pbs_native_interface::{Function, Handles, answer, bytes, bytes_mut, functions, long_answer};
use pbs_native_posix::{Errno, file_system, with_path};
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

static CAPTURES: Handles<Arc<Capture>> = Handles::new();

/// Uses a walk for a call.
fn with_walker<R>(
    capture: u32,
    work: impl FnOnce(&mut Walker, &AtomicBool) -> Result<R, Errno>,
) -> Result<R, Errno> {
    CAPTURES.get(capture)?.with(work)
}

/// Opens the directory a walk begins with.
///
/// `flags` bit 0: follow a symbolic link at the end of the path. Returns a descriptor.
///
/// # Safety
/// `path` points to `path_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_open_root(path: *const u8, path_len: u32, flags: u32) -> i32 {
    let no_follow = if flags & 1 == 0 { libc::O_NOFOLLOW } else { 0 };
    let flags = libc::O_DIRECTORY | no_follow;
    // SAFETY: the caller vouches for the bytes.
    let opened = unsafe { with_path(path, path_len, |path| open_at(libc::AT_FDCWD, path, flags)) };
    answer(opened.map(IntoRawFd::into_raw_fd))
}

/// `f_type` of the file system an open descriptor is on, as 32 unsigned bits.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_capture_file_system(fd: i32) -> i64 {
    long_answer(file_system(fd).map(i64::from))
}

/// Begins a walk. Takes `root_fd` over in any case. `features` are those of the root's file system.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_capture_create(root_fd: i32, features: u32) -> i32 {
    if root_fd < 0 {
        return -libc::EBADF;
    }
    // SAFETY: the caller gives the descriptor away.
    let root = unsafe { OwnedFd::from_raw_fd(root_fd) };
    CAPTURES.insert(Arc::new(Capture::new(Walker::new(root, features)))) as i32
}

/// Reads on. Writes records to `out` until it is full, `open_files_max` descriptors are in it, some
/// time has passed, the walk has to pause, or it is complete.
///
/// Returns the number of bytes written, -EMSGSIZE if `out` is too small for the next record (then
/// `needed` says how much it takes), -ECANCELED, or -EINVAL on a paused walk. Nonblocking call.
///
/// # Safety
/// `out` is writable for `out_len` bytes, `status` for one record, and nobody else uses them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_next(
    capture: u32,
    out: *mut u8,
    out_len: usize,
    open_files_max: u32,
    status: *mut CaptureStatus,
) -> i64 {
    if status.is_null() {
        return -i64::from(libc::EFAULT);
    }
    let result = with_walker(capture, |walker, cancelled| {
        // SAFETY: the caller vouches for as many writable bytes.
        let out = unsafe { bytes_mut(out, out_len) }?;
        let written = walker.next(out, open_files_max.max(1), cancelled);
        let found = CaptureStatus {
            state: match walker.state() {
                State::Running => state::RUNNING,
                State::Paused => state::PAUSED,
                State::Complete => state::COMPLETE,
            },
            open_files: walker.delivered_files(),
            needed: walker.pending_len() as u64,
        };
        // SAFETY: not null, and the caller vouches for one record, which need not be aligned.
        unsafe { status.write_unaligned(found) };
        written
    });
    long_answer(result.map(|written| written as i64))
}

/// Appends match entries to the list: before the first `pbs_capture_next`, or while paused at an
/// exclude file, whose directory they are limited to. Returns 0 or -EINVAL if they are malformed.
///
/// # Safety
/// `patterns` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_add_patterns(
    capture: u32,
    patterns: *const u8,
    len: usize,
) -> i32 {
    answer(with_walker(capture, |walker, _| {
        // SAFETY: the caller vouches for as many bytes.
        let patterns = unsafe { bytes(patterns, len) }?;
        walker.add_patterns(patterns).ok_or(libc::EINVAL)?;
        Ok(0)
    }))
}

/// Writes, for each match entry of the first `pbs_capture_add_patterns`, 1 if it has matched anything
/// so far, else 0. Returns how many were written, at most `len`.
///
/// # Safety
/// `out` is writable for `len` bytes and not used by anybody else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_met_patterns(capture: u32, out: *mut u8, len: usize) -> i32 {
    answer(with_walker(capture, |walker, _| {
        // SAFETY: the caller vouches for as many writable bytes.
        let out = unsafe { bytes_mut(out, len) }?;
        let mut written = 0;
        for (byte, met) in out.iter_mut().zip(walker.met_patterns()) {
            *byte = u8::from(*met);
            written += 1;
        }
        Ok(written)
    }))
}

/// Uses bytes of the caller for a walk. Returns 0 or -EINVAL if the walk refuses them.
///
/// # Safety
/// `data` points to `len` readable bytes.
unsafe fn tell(
    capture: u32,
    data: *const u8,
    len: usize,
    say: impl FnOnce(&mut Walker, &[u8]) -> Option<()>,
) -> i32 {
    answer(with_walker(capture, |walker, _| {
        // SAFETY: the caller vouches for as many bytes.
        let data = unsafe { bytes(data, len) }?;
        say(walker, data).ok_or(libc::EINVAL)?;
        Ok(0)
    }))
}

/// Sets names that are told of in each directory that has them, before the first `pbs_capture_next`.
/// Returns 0 or -EINVAL if they are malformed.
///
/// # Safety
/// `names` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_watch(capture: u32, names: *const u8, len: usize) -> i32 {
    // SAFETY: as required.
    unsafe { tell(capture, names, len, Walker::watch) }
}

/// Sets the only paths that are read, with what is below them, before the first `pbs_capture_next`:
/// relative to the root, a NUL behind each. Returns 0 or -EINVAL if they are malformed.
///
/// # Safety
/// `paths` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_select(capture: u32, paths: *const u8, len: usize) -> i32 {
    // SAFETY: as required.
    unsafe { tell(capture, paths, len, Walker::select) }
}

/// Writes, for each of the selected paths, 1 if it was found so far, else 0. Returns how many were
/// written, at most `len`.
///
/// # Safety
/// `out` is writable for `len` bytes and not used by anybody else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_selected(capture: u32, out: *mut u8, len: usize) -> i32 {
    answer(with_walker(capture, |walker, _| {
        // SAFETY: the caller vouches for as many writable bytes.
        let out = unsafe { bytes_mut(out, len) }?;
        let mut written = 0;
        for (byte, met) in out.iter_mut().zip(walker.selected()) {
            *byte = u8::from(met);
            written += 1;
        }
        Ok(written)
    }))
}

/// Appends ignore rules while paused at a mark; they hold in its directory, where no pattern matches.
/// `alone` is not 0 if those of the directories further up end here. Returns 0 or -EINVAL.
///
/// # Safety
/// `rules` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_add_ignores(
    capture: u32,
    rules: *const u8,
    len: usize,
    alone: u32,
) -> i32 {
    let add = |walker: &mut Walker, rules: &[u8]| walker.add_ignores(rules, alone != 0);
    // SAFETY: as required.
    unsafe { tell(capture, rules, len, add) }
}

/// Leaves out what else is in the directory of a mark, while paused at it: `names` have a NUL behind
/// each. Returns 0 or -EINVAL.
///
/// # Safety
/// `names` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_capture_keep(capture: u32, names: *const u8, len: usize) -> i32 {
    // SAFETY: as required.
    unsafe { tell(capture, names, len, Walker::keep) }
}

/// Lets a paused walk go on. `enter` is used behind a mount point: 0 leaves its contents out, else
/// they are read with `features`. Returns 0 or -EINVAL if the walk is not paused.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_capture_resume(capture: u32, enter: u32, features: u32) -> i32 {
    answer(with_walker(capture, |walker, _| {
        if walker.resume(enter != 0, features) {
            Ok(0)
        } else {
            Err(libc::EINVAL)
        }
    }))
}

/// Makes a running or future `pbs_capture_next` return -ECANCELED soon. From any thread.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_capture_cancel(capture: u32) -> i32 {
    answer(CAPTURES.get(capture).map(|capture| {
        capture.cancel();
        0
    }))
}

/// Ends a walk and closes what it holds open itself; delivered descriptors stay open. Waits for a call
/// and for system calls under way on other threads: nonblocking call.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_capture_destroy(capture: u32) -> i32 {
    answer(CAPTURES.remove(capture).map(|capture| {
        capture.close();
        0
    }))
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
    // SAFETY: the caller vouches for as many bytes.
    let (patterns, path) = unsafe { (bytes(patterns, patterns_len), bytes(path, path_len)) };
    let evaluate = || -> Result<i32, Errno> {
        let mut list = MatchList::default();
        list.add(patterns?).ok_or(libc::EINVAL)?;
        let matched = list.evaluate(path?, || Ok::<_, Errno>(is_directory != 0));
        Ok(match matched {
            Ok(Some(true)) => 1,
            Ok(Some(false)) => 2,
            _ => 0,
        })
    };
    answer(evaluate())
}

/// All of them.
pub const FUNCTIONS: &[Function] = functions![
    pbs_capture_open_root(_, _, _),
    pbs_capture_file_system(_),
    pbs_capture_create(_, _),
    pbs_capture_next(_, _, _, _, _),
    pbs_capture_add_patterns(_, _, _),
    pbs_capture_met_patterns(_, _, _),
    pbs_capture_watch(_, _, _),
    pbs_capture_select(_, _, _),
    pbs_capture_selected(_, _, _),
    pbs_capture_add_ignores(_, _, _, _),
    pbs_capture_keep(_, _, _),
    pbs_capture_resume(_, _, _),
    pbs_capture_cancel(_),
    pbs_capture_destroy(_),
    pbs_capture_match(_, _, _, _, _),
];

#[cfg(test)]
#[path = "abi_test.rs"]
mod tests;
