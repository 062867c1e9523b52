//! Numbers of extractors used by several threads that know nothing of each other.

use crate::abi::*;
use crate::layout::{ExtractBare, ExtractCounters, ExtractEntry, ExtractOptions, flag, op};
use pbs_native_interface::Record;
use std::ptr::null;
use std::sync::atomic::{AtomicU32, Ordering};

const THREADS: u64 = 4;
const CALLS: usize = 150;

/// Enters a directory, makes a file that is never finished, and leaves the directory.
fn commands() -> Vec<u8> {
    let entry = |op: u8, name: &str, mode: u32| {
        let mut bytes = ExtractEntry::default().as_bytes().to_vec();
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let head = ExtractEntry {
            length: bytes.len() as u32,
            op: u32::from(op) | (name.len() as u32) << 16,
            mode,
            ..ExtractEntry::default()
        };
        head.write(&mut bytes);
        bytes
    };
    let bare = |op: u8| {
        let head = ExtractBare {
            length: 8,
            op: u32::from(op),
        };
        head.as_bytes().to_vec()
    };
    [
        entry(op::ENTER, "folder", libc::S_IFDIR | 0o755),
        entry(op::FILE, "whole", libc::S_IFREG | 0o644),
        entry(op::FILE_BEGIN, "part", libc::S_IFREG | 0o644),
        bare(op::FILE_DROP),
        bare(op::LEAVE),
    ]
    .concat()
}

#[test]
fn threads_that_close_what_others_use_get_error_numbers() {
    let path = std::env::temp_dir().join(format!("pbs-extract-threads-{}", std::process::id()));
    let bytes = path.to_str().unwrap();
    let options = ExtractOptions {
        flags: flag::ALLOW_EXISTING_DIRS | flag::OVERWRITE_FILES,
        threads: 1,
        ..ExtractOptions::default()
    };
    let commands = commands();
    let extractors = [const { AtomicU32::new(0) }; 3];
    let use_them = |mut seed: u64| {
        let mut random = |below: u64| {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (seed >> 33) % below
        };
        let mut seen = [false; 3];
        for _ in 0..CALLS {
            let slot = &extractors[random(3) as usize];
            let extractor = slot.load(Ordering::Relaxed);
            let mut result = [0u8; 4096];
            let mut counters = ExtractCounters::default();
            // SAFETY: the bytes of a string and of commands, no chunks, memory of the length that is
            // passed, and records.
            let answer = unsafe {
                match random(12) {
                    0 | 1 => {
                        let opened = pbs_extract_open(bytes.as_ptr(), bytes.len() as u32, &options);
                        // The one before may be closed, or in use.
                        pbs_extract_close(slot.swap(opened as u32, Ordering::Relaxed));
                        opened
                    }
                    2 => pbs_extract_close(extractor),
                    3 => pbs_extract_abort(extractor),
                    4 => pbs_extract_finish(extractor),
                    5 => pbs_extract_counters(extractor, &mut counters),
                    6 | 7 => {
                        let wait = random(2) as u32;
                        pbs_extract_next(extractor, result.as_mut_ptr(), 4096, wait)
                    }
                    _ => {
                        let (start, length) = (commands.as_ptr(), commands.len());
                        pbs_extract_submit(extractor, start, length, null(), 0, 1)
                    }
                }
            };
            // A submit after a finish has no directory to enter.
            let expected = [libc::EBADF, libc::ECANCELED, libc::EINVAL];
            let known = expected.iter().any(|errno| answer == -*errno);
            assert!(answer >= 0 || known, "{answer}");
            seen[usize::from(answer >= 0) + usize::from(answer > 0)] = true;
        }
        // Failures, nothing, and something.
        assert_eq!(seen, [true; 3]);
    };
    std::thread::scope(|scope| {
        for seed in 0..THREADS {
            scope.spawn(move || use_them(seed));
        }
    });
    for extractor in &extractors {
        let extractor = extractor.load(Ordering::Relaxed);
        pbs_extract_close(extractor);
        assert_eq!(pbs_extract_close(extractor), -libc::EBADF);
    }
    std::fs::remove_dir_all(&path).unwrap();
}
