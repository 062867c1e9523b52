use crate::failure::Failure;
use crate::pack::Pack;
use crate::table::{Frame, PackedFile};
use crate::workers::for_each;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Writes the content of files, compared with its digests.
///
/// @param failed Says what a failure to write means.
pub fn write_files(
    pack: &Pack,
    files: &[(&PackedFile, File)],
    failed: impl Fn(io::Error) -> Failure + Sync,
) -> Result<(), Failure> {
    for_each(&with_starts(&pack.table.frames), |&(start, frame)| {
        let bytes = pack.unpack(frame)?;
        for (file, opened) in files {
            write_part(file, opened, start, &bytes).map_err(&failed)?;
        }
        Ok(())
    })
}

/// Frames with the places of their bytes among all.
fn with_starts(frames: &[Frame]) -> Vec<(u64, &Frame)> {
    let mut end = 0;
    let mut placed = Vec::new();
    for frame in frames {
        placed.push((end, frame));
        end += frame.size as u64;
    }
    placed
}

/// Writes what of a frame's bytes belongs to a file.
fn write_part(file: &PackedFile, opened: &File, start: u64, bytes: &[u8]) -> io::Result<()> {
    let from = file.start.max(start);
    let to = (file.start + file.size).min(start + bytes.len() as u64);
    if from >= to {
        return Ok(());
    }
    let part = &bytes[(from - start) as usize..(to - start) as usize];
    opened.write_all_at(part, from - file.start)
}
