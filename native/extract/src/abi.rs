//! The C functions; documented in native/include/pbs_extract.h.

use crate::batch::Batch;
use crate::extractor::Extractor;
use crate::layout::{ExtractCounters, ExtractOptions};
use pbs_native_interface::{Function, Handles, answer, bytes, bytes_mut, functions};
use pbs_native_posix::{Errno, with_path};
use std::sync::Arc;

static EXTRACTORS: Handles<Arc<Extractor>> = Handles::new();

/// Uses an extractor for a call.
fn with_extractor(extractor: u32, work: impl FnOnce(&Extractor) -> Result<i32, Errno>) -> i32 {
    answer(
        EXTRACTORS
            .get(extractor)
            .and_then(|extractor| work(&extractor)),
    )
}

/// # Safety
///
/// `path` is readable for `path_len` bytes, `options` for one record.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_extract_open(
    path: *const u8,
    path_len: u32,
    options: *const ExtractOptions,
) -> i32 {
    if options.is_null() {
        return -libc::EFAULT;
    }
    // SAFETY: not null, and the caller vouches for one record, which need not be aligned.
    let options = unsafe { options.read_unaligned() };
    // SAFETY: the caller vouches for the path.
    let opened = unsafe { with_path(path, path_len, |path| Extractor::open(path, options)) };
    answer(opened.map(|extractor| EXTRACTORS.insert(Arc::new(extractor)) as i32))
}

/// # Safety
///
/// `commands` is readable for `length` bytes, `chunks` for `chunk_count` pairs of address and length,
/// and the chunks stay as they are until the token was reported.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_extract_submit(
    extractor: u32,
    commands: *const u8,
    length: usize,
    chunks: *const u64,
    chunk_count: u32,
    token: u32,
) -> i32 {
    let chunks_length = chunk_count as usize * size_of::<[u64; 2]>();
    // SAFETY: the caller vouches for both.
    let memory = unsafe { (bytes(commands, length), bytes(chunks.cast(), chunks_length)) };
    with_extractor(extractor, |extractor| {
        let (commands, chunks) = (memory.0?, memory.1?);
        let (numbers, _) = chunks.as_chunks::<8>();
        let (pairs, _) = numbers.as_chunks::<2>();
        let number = |bytes: &[u8; 8]| u64::from_ne_bytes(*bytes) as usize;
        let chunks = pairs
            .iter()
            .map(|[address, size]| (number(address), number(size)));
        let (shared, chunks) = (&extractor.shared, chunks.collect());
        // SAFETY: the caller vouches for the chunks until their token is reported.
        extractor.submit(&unsafe { Batch::new(shared, commands.into(), chunks, token) })
    })
}

/// # Safety
///
/// `result` is writable for `capacity` bytes, and used by nobody else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_extract_next(
    extractor: u32,
    result: *mut u8,
    capacity: u32,
    wait: u32,
) -> i32 {
    if !(64..=1 << 30).contains(&capacity) {
        return -libc::EINVAL;
    }
    // SAFETY: the caller vouches for as many bytes.
    let result = unsafe { bytes_mut(result, capacity as usize) };
    with_extractor(extractor, |extractor| {
        Ok(extractor.shared.mailbox.write(result?, wait != 0) as i32)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_extract_finish(extractor: u32) -> i32 {
    with_extractor(extractor, Extractor::finish)
}

/// # Safety
///
/// `result` is writable for one record.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_extract_counters(extractor: u32, result: *mut ExtractCounters) -> i32 {
    if result.is_null() {
        return -libc::EFAULT;
    }
    with_extractor(extractor, |extractor| {
        let counters = extractor.shared.counters.load();
        // SAFETY: not null, and the caller vouches for one record, which need not be aligned.
        unsafe { result.write_unaligned(counters) };
        Ok(0)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_extract_abort(extractor: u32) -> i32 {
    with_extractor(extractor, |extractor| {
        extractor.stop();
        Ok(0)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_extract_close(extractor: u32) -> i32 {
    answer(EXTRACTORS.remove(extractor).map(|extractor| {
        extractor.close();
        0
    }))
}

/// All of them.
pub const FUNCTIONS: &[Function] = functions![
    pbs_extract_open(_, _, _),
    pbs_extract_submit(_, _, _, _, _, _),
    pbs_extract_next(_, _, _, _),
    pbs_extract_finish(_),
    pbs_extract_counters(_, _),
    pbs_extract_abort(_),
    pbs_extract_close(_),
];

#[cfg(test)]
#[path = "abi_test.rs"]
mod tests;
