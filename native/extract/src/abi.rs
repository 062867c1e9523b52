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
mod tests {
    use super::*;
    use crate::layout::op;
    use std::ptr::{null, null_mut};

    fn open(name: &str) -> (std::path::PathBuf, i32) {
        let path = std::env::temp_dir().join(format!("pbs-{name}-{}", std::process::id()));
        let bytes = path.to_str().unwrap();
        let options = ExtractOptions {
            threads: 2,
            ..ExtractOptions::default()
        };
        // SAFETY: the bytes of a string, and a record.
        let opened = unsafe { pbs_extract_open(bytes.as_ptr(), bytes.len() as u32, &options) };
        (path, opened)
    }

    /// What every call says.
    fn answers(extractor: u32) -> [i32; 5] {
        let mut result = [0u8; 64];
        let mut counters = ExtractCounters::default();
        // SAFETY: no commands, memory of the length that is passed, and a record.
        unsafe {
            [
                pbs_extract_submit(extractor, null(), 0, null(), 0, 1),
                pbs_extract_next(extractor, result.as_mut_ptr(), 64, 0),
                pbs_extract_finish(extractor),
                pbs_extract_counters(extractor, &mut counters),
                pbs_extract_abort(extractor),
            ]
        }
    }

    #[test]
    fn a_number_that_is_no_extractor_gives_an_error_number() {
        let (path, opened) = open("extract-numbers");
        assert!(opened > 0);
        assert_eq!(pbs_extract_close(opened as u32), 0);
        for wrong in [opened as u32, 0, u32::MAX] {
            assert_eq!(answers(wrong), [-libc::EBADF; 5]);
            assert_eq!(pbs_extract_close(wrong), -libc::EBADF);
        }
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn an_extractor_that_is_closed_during_a_call_only_stops_it() {
        let (path, opened) = open("extract-closed");
        let held = EXTRACTORS.get(opened as u32).unwrap();
        assert_eq!(pbs_extract_close(opened as u32), 0);
        let mut bare = [0u8; 8];
        bare[0] = 8;
        bare[4] = op::LEAVE;
        // SAFETY: no chunks.
        let batch = unsafe { Batch::new(&held.shared, bare.into(), Box::new([]), 1) };
        assert_eq!(held.submit(&batch), Err(libc::ECANCELED));
        assert_eq!(held.finish(), Err(libc::ECANCELED));
        drop(batch);
        let mut result = [0u8; 64];
        // Waits for nothing: there is no batch under way.
        assert!(held.shared.mailbox.write(&mut result, true) > 0);
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn an_extractor_stays_stopped_after_a_malformed_command() {
        let (path, opened) = open("extract-malformed");
        let extractor = opened as u32;
        // SAFETY: as many bytes as are told, and null pointers, which are looked for.
        unsafe {
            let submit = |commands: &[u8]| {
                let (start, length) = (commands.as_ptr(), commands.len());
                pbs_extract_submit(extractor, start, length, null(), 0, 7)
            };
            assert_eq!(submit(&[0; 8]), -libc::EINVAL);
            assert_eq!(submit(&[]), -libc::ECANCELED);
            assert_eq!(pbs_extract_finish(extractor), -libc::ECANCELED);
            let fault = -libc::EFAULT;
            assert_eq!(
                pbs_extract_submit(extractor, null(), 1, null(), 0, 7),
                fault
            );
            assert_eq!(
                pbs_extract_submit(extractor, null(), 0, null(), 1, 7),
                fault
            );
            assert_eq!(pbs_extract_next(extractor, null_mut(), 64, 0), fault);
            assert_eq!(pbs_extract_counters(extractor, null_mut()), fault);
            assert_eq!(pbs_extract_open(null(), 0, null()), fault);
        }
        assert_eq!(pbs_extract_close(extractor), 0);
        std::fs::remove_dir_all(&path).unwrap();
    }
}
