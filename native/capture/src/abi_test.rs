use super::*;
use std::ptr::null_mut;

/// A walk of a directory of its own, with one file in it.
fn walk(name: &str) -> (std::path::PathBuf, u32) {
    let path = std::env::temp_dir().join(format!("pbs-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("file"), "content").unwrap();
    let bytes = path.to_str().unwrap();
    // SAFETY: the bytes of a string.
    let root = unsafe { pbs_capture_open_root(bytes.as_ptr(), bytes.len() as u32, 0) };
    assert!(root >= 0);
    let capture = pbs_capture_create(root, 0);
    assert!(capture > 0);
    (path, capture as u32)
}

/// What every call says that uses a walk.
fn answers(capture: u32) -> Vec<i64> {
    let mut out = [0u8; 4096];
    let mut status = CaptureStatus::default();
    let (start, length) = (out.as_mut_ptr(), out.len());
    // SAFETY: memory of the length that is passed, and a record.
    let of_memory = unsafe {
        [
            pbs_capture_next(capture, start, length, 1, &mut status),
            i64::from(pbs_capture_add_patterns(capture, start, 0)),
            i64::from(pbs_capture_met_patterns(capture, start, length)),
            i64::from(pbs_capture_watch(capture, start, 0)),
            i64::from(pbs_capture_select(capture, start, 0)),
            i64::from(pbs_capture_selected(capture, start, length)),
            i64::from(pbs_capture_add_ignores(capture, start, 0, 1)),
            i64::from(pbs_capture_keep(capture, start, 0)),
        ]
    };
    let resumed = pbs_capture_resume(capture, 0, 0);
    [&of_memory[..], &[i64::from(resumed)]].concat()
}

#[test]
fn a_number_that_is_no_walk_gives_an_error_number() {
    let (path, capture) = walk("numbers");
    assert_eq!(pbs_capture_destroy(capture), 0);
    for wrong in [capture, 0, u32::MAX] {
        assert_eq!(answers(wrong), [-i64::from(libc::EBADF); 9]);
        assert_eq!(pbs_capture_cancel(wrong), -libc::EBADF);
        assert_eq!(pbs_capture_destroy(wrong), -libc::EBADF);
    }
    assert_eq!(pbs_capture_create(-1, 0), -libc::EBADF);
    std::fs::remove_dir_all(&path).unwrap();
}

#[test]
fn a_walk_is_used_by_one_call_at_a_time_and_closed_behind_the_last() {
    let (path, capture) = walk("busy");
    let held = CAPTURES.get(capture).unwrap();
    let inside = held.with(|_, cancelled| {
        assert_eq!(answers(capture), [-i64::from(libc::EBUSY); 9]);
        assert_eq!(pbs_capture_cancel(capture), 0);
        Ok(cancelled.load(std::sync::atomic::Ordering::Relaxed))
    });
    assert_eq!(inside, Ok(true));
    assert_eq!(pbs_capture_destroy(capture), 0);
    // A call that had found the walk before it was closed.
    assert_eq!(held.with(|_, _| Ok(())), Err(libc::EBADF));
    std::fs::remove_dir_all(&path).unwrap();
}

#[test]
fn missing_memory_gives_an_error_number() {
    let (path, capture) = walk("memory");
    let mut status = CaptureStatus::default();
    let fault = libc::EFAULT;
    // SAFETY: null pointers, which are looked for, and a record.
    unsafe {
        let next = pbs_capture_next(capture, null_mut(), 8, 1, &mut status);
        assert_eq!(next, -i64::from(fault));
        let next = pbs_capture_next(capture, null_mut(), 0, 1, null_mut());
        assert_eq!(next, -i64::from(fault));
        assert_eq!(pbs_capture_add_patterns(capture, null_mut(), 1), -fault);
        assert_eq!(pbs_capture_watch(capture, null_mut(), 1), -fault);
        assert_eq!(pbs_capture_select(capture, null_mut(), 1), -fault);
        assert_eq!(pbs_capture_selected(capture, null_mut(), 1), -fault);
        assert_eq!(pbs_capture_add_ignores(capture, null_mut(), 1, 0), -fault);
        assert_eq!(pbs_capture_keep(capture, null_mut(), 1), -fault);
        assert_eq!(pbs_capture_open_root(null_mut(), 1, 0), -fault);
    }
    assert_eq!(pbs_capture_destroy(capture), 0);
    std::fs::remove_dir_all(&path).unwrap();
}

#[test]
fn what_makes_no_sense_or_comes_too_late_is_refused() {
    let (path, capture) = walk("refused");
    let wrong = [0u8, 0, 0, 0, 9, 0, 0, 0, b'x'];
    let mark = [0u8, 0, 0, 0, 1, 0, 0, 0, b'x'];
    let mut out = [0u64; 512];
    let mut status = CaptureStatus::default();
    let invalid = -libc::EINVAL;
    // SAFETY: memory of the length that is passed, and a record.
    unsafe {
        assert_eq!(pbs_capture_watch(capture, wrong.as_ptr(), 9), invalid);
        assert_eq!(pbs_capture_watch(capture, mark.as_ptr(), 9), 0);
        assert_eq!(
            pbs_capture_select(capture, c"/a".as_ptr().cast(), 3),
            invalid
        );
        assert_eq!(pbs_capture_select(capture, c"a".as_ptr().cast(), 2), 0);
        assert_eq!(pbs_capture_keep(capture, mark.as_ptr(), 9), invalid);
        assert_eq!(
            pbs_capture_add_ignores(capture, mark.as_ptr(), 0, 0),
            invalid
        );
        assert!(pbs_capture_next(capture, out.as_mut_ptr().cast(), 4096, 1, &mut status) > 0);
        assert_eq!(pbs_capture_watch(capture, mark.as_ptr(), 9), invalid);
        assert_eq!(
            pbs_capture_select(capture, c"a".as_ptr().cast(), 2),
            invalid
        );
        assert_eq!(
            pbs_capture_selected(capture, out.as_mut_ptr().cast(), 4096),
            1
        );
    }
    assert_eq!(pbs_capture_destroy(capture), 0);
    std::fs::remove_dir_all(&path).unwrap();
}
