//! The C functions; documented in native/include/pbs_extract.h.

use crate::batch::Batch;
use crate::feeder::Feeder;
use crate::layout::{ExtractCounters, ExtractOptions as Options};
use crate::queue::Queue;
use crate::shared::Shared;
use crate::sys::Errno;
use crate::{target, worker};
use std::ffi::{CStr, c_char};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

const MAX_THREADS: usize = 64;

/// What a handle points to.
pub struct Extractor {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    feeder: Mutex<Feeder>,
    threads: Vec<JoinHandle<()>>,
}

impl Extractor {
    fn open(path: &CStr, options: Options) -> Result<Self, Errno> {
        let root = target::open_target(path)?;
        let shared = Arc::new(Shared::new(options, root));
        let queue = Arc::new(Queue::new());
        let feeder = Mutex::new(Feeder::new(&shared, &queue, directory_handles())?);
        let mut extractor = Extractor {
            shared,
            queue,
            feeder,
            threads: Vec::new(),
        };
        for _ in 0..thread_count(options.threads) {
            let (shared, queue) = (extractor.shared.clone(), extractor.queue.clone());
            let thread = std::thread::Builder::new()
                .name("pbs-extract".into())
                .spawn(move || worker::run(&shared, &queue))
                .map_err(|error| error.raw_os_error().unwrap_or(libc::EAGAIN))?;
            extractor.threads.push(thread);
        }
        Ok(extractor)
    }
}

impl Extractor {
    /// Drops what has not started.
    fn stop(&self) {
        self.shared.stop();
        self.queue.wake_all();
    }
}

impl Drop for Extractor {
    fn drop(&mut self) {
        self.stop();
        self.feeder.lock().expect("no panic while locked").abandon();
        self.queue.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn thread_count(wanted: u32) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let wanted = if wanted == 0 {
        cores()
    } else {
        wanted as usize
    };
    wanted.clamp(1, MAX_THREADS)
}

/// Descriptors that directories may hold: a quarter of what the process may have.
fn directory_handles() -> usize {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel fills the structure in.
    let status = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    let soft = if status == 0 { limit.rlim_cur } else { 1024 };
    (soft / 4).clamp(16, 2048) as usize
}

/// # Safety
///
/// `path` is NUL-terminated, `options` and `result` point to one value each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_extract_open(
    path: *const c_char,
    options: *const Options,
    result: *mut *mut Extractor,
) -> i32 {
    if path.is_null() || options.is_null() || result.is_null() {
        return -libc::EINVAL;
    }
    // SAFETY: the caller's promise.
    let (path, options) = unsafe { (CStr::from_ptr(path), *options) };
    match Extractor::open(path, options) {
        Ok(extractor) => {
            // SAFETY: the caller's promise.
            unsafe { *result = Box::into_raw(Box::new(extractor)) };
            0
        }
        Err(errno) => -errno,
    }
}

/// # Safety
///
/// `extractor` is open, `commands` is readable for `length` bytes, `chunks` for `chunk_count` pairs
/// of address and length, and the chunks stay as they are until the token was reported.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_extract_submit(
    extractor: *mut Extractor,
    commands: *const u8,
    length: u64,
    chunks: *const u64,
    chunk_count: u32,
    token: u32,
) -> i32 {
    // SAFETY: the caller's promise.
    let Some(extractor) = (unsafe { extractor.as_ref() }) else {
        return -libc::EINVAL;
    };
    let commands: &[u8] = if length == 0 {
        &[]
    } else if commands.is_null() {
        return -libc::EINVAL;
    } else {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts(commands, length as usize) }
    };
    let chunks: &[u64] = if chunk_count == 0 {
        &[]
    } else if chunks.is_null() {
        return -libc::EINVAL;
    } else {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts(chunks, chunk_count as usize * 2) }
    };
    let (chunks, _) = chunks.as_chunks::<2>();
    let chunks = chunks
        .iter()
        .map(|[address, size]| (*address as usize, *size as usize));
    let shared = &extractor.shared;
    // SAFETY: the caller's promise.
    let batch = unsafe { Batch::new(shared, commands.into(), chunks.collect(), token) };
    let mut feeder = extractor.feeder.lock().expect("no panic while locked");
    let fed = feeder.feed(&batch);
    if fed.is_err() {
        extractor.stop();
    }
    match fed {
        Err(_) => -libc::EINVAL,
        Ok(()) if shared.stopped() => -libc::ECANCELED,
        Ok(()) => 0,
    }
}

/// # Safety
///
/// `extractor` is open, `result` is writable for `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_extract_next(
    extractor: *mut Extractor,
    result: *mut u8,
    capacity: u32,
    wait: u32,
) -> i32 {
    // SAFETY: the caller's promise.
    let Some(extractor) = (unsafe { extractor.as_ref() }) else {
        return -libc::EINVAL;
    };
    if result.is_null() || !(64..=1 << 30).contains(&capacity) {
        return -libc::EINVAL;
    }
    // SAFETY: the caller's promise.
    let result = unsafe { std::slice::from_raw_parts_mut(result, capacity as usize) };
    extractor.shared.mailbox.write(result, wait != 0) as i32
}

/// # Safety
///
/// `extractor` is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_extract_finish(extractor: *mut Extractor) -> i32 {
    // SAFETY: the caller's promise.
    let Some(extractor) = (unsafe { extractor.as_ref() }) else {
        return -libc::EINVAL;
    };
    let mut feeder = extractor.feeder.lock().expect("no panic while locked");
    if extractor.shared.stopped() {
        return -libc::ECANCELED;
    }
    match feeder.finish() {
        _ if extractor.shared.stopped() => -libc::ECANCELED,
        Ok(()) => 0,
        Err(_) => -libc::EINVAL,
    }
}

/// # Safety
///
/// `extractor` is open, `result` is writable for the counters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_extract_counters(
    extractor: *mut Extractor,
    result: *mut ExtractCounters,
) -> i32 {
    // SAFETY: the caller's promise.
    let (Some(extractor), Some(result)) = (unsafe { (extractor.as_ref(), result.as_mut()) }) else {
        return -libc::EINVAL;
    };
    let counters = &extractor.shared.counters;
    let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    *result = ExtractCounters {
        files: load(&counters.files),
        directories: load(&counters.directories),
        symlinks: load(&counters.symlinks),
        hardlinks: load(&counters.hardlinks),
        nodes: load(&counters.nodes),
        bytes: load(&counters.bytes),
        errors: load(&counters.errors),
        without_xattrs: load(&counters.without_xattrs),
        without_flags: load(&counters.without_flags),
        skipped_devices: load(&counters.skipped_devices),
    };
    0
}

/// # Safety
///
/// `extractor` is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_extract_abort(extractor: *mut Extractor) -> i32 {
    // SAFETY: the caller's promise.
    let Some(extractor) = (unsafe { extractor.as_ref() }) else {
        return -libc::EINVAL;
    };
    extractor.stop();
    0
}

/// # Safety
///
/// `extractor` came from `pbs_extract_open`, is not used by any other call, and never again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_extract_close(extractor: *mut Extractor) -> i32 {
    if !extractor.is_null() {
        // SAFETY: the caller's promise.
        drop(unsafe { Box::from_raw(extractor) });
    }
    0
}
