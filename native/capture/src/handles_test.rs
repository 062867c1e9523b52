//! Numbers of walks used by several threads that know nothing of each other.

use crate::abi::*;
use crate::layout::CaptureStatus;
use std::sync::atomic::{AtomicU32, Ordering};

const THREADS: u64 = 4;
const CALLS: usize = 300;

#[test]
fn threads_that_close_what_others_use_get_error_numbers() {
    let path = std::env::temp_dir().join(format!("pbs-threads-{}", std::process::id()));
    std::fs::create_dir_all(path.join("folder")).unwrap();
    for name in ["a", "b", "folder/c"] {
        // Empty ones come without a descriptor, which the test would have to close.
        std::fs::write(path.join(name), "").unwrap();
    }
    let bytes = path.to_str().unwrap();
    let captures = [const { AtomicU32::new(0) }; 3];
    let use_them = |mut seed: u64| {
        let mut random = |below: u64| {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (seed >> 33) % below
        };
        let mut seen = [false; 3];
        for _ in 0..CALLS {
            let slot = &captures[random(3) as usize];
            let capture = slot.load(Ordering::Relaxed);
            let mut out = [0u8; 4096];
            let (start, length) = (out.as_mut_ptr(), out.len());
            let mut status = CaptureStatus::default();
            // SAFETY: the bytes of a string, memory of the length that is passed, and a record.
            let answer = unsafe {
                match random(8) {
                    0 | 1 => {
                        let root = pbs_capture_open_root(bytes.as_ptr(), bytes.len() as u32, 0);
                        let created = pbs_capture_create(root, 0);
                        // The one before may be closed, or in use.
                        pbs_capture_destroy(slot.swap(created as u32, Ordering::Relaxed));
                        i64::from(created)
                    }
                    2 => i64::from(pbs_capture_destroy(capture)),
                    3 => i64::from(pbs_capture_cancel(capture)),
                    4 => i64::from(pbs_capture_met_patterns(capture, start, length)),
                    _ => pbs_capture_next(capture, start, length, 1, &mut status),
                }
            };
            let expected = [libc::EBADF, libc::EBUSY, libc::ECANCELED];
            let known = expected.iter().any(|errno| answer == -i64::from(*errno));
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
    for capture in &captures {
        let capture = capture.load(Ordering::Relaxed);
        pbs_capture_destroy(capture);
        assert_eq!(pbs_capture_destroy(capture), -libc::EBADF);
    }
    std::fs::remove_dir_all(&path).unwrap();
}
