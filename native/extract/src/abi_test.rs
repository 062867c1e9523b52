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
