use crate::place::OTHERS_WRITE;
use crate::table::{Table, hexadecimal};
use rustix::fs::{AtFlags, FileType, Stat, statat};
use rustix::process::geteuid;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::os::fd::OwnedFd;

/// Name of the file that has the stamp.
pub const STAMP: &str = "stamp";

/// How the files of an unpacked pack look: number, size and times of each file and folder. The system
/// sets the time of change whenever bytes, owner, mode or names change, and no program can set it: with
/// the same stamp, files are those whose digests were compared.
///
/// @returns None if one is missing, has another size, or is not this user's alone.
pub fn stamp_of(folder: &OwnedFd, table: &Table, digest: &[u8]) -> Option<String> {
    let mut stamp = format!("{}\n", hexadecimal(digest));
    for path in folders_of(table) {
        let found = safe(folder, path, FileType::Directory)?;
        describe(&mut stamp, &found);
    }
    for file in table.unpacked() {
        let found = safe(folder, &file.path, FileType::RegularFile)?;
        if found.st_size as u64 != file.size {
            return None;
        }
        describe(&mut stamp, &found);
    }
    Some(stamp)
}

/// Folders of a pack, each before what is in it.
pub fn folders_of(table: &Table) -> BTreeSet<&str> {
    let mut folders = BTreeSet::new();
    for file in table.unpacked() {
        for (end, _) in file.path.match_indices('/') {
            folders.insert(&file.path[..end]);
        }
    }
    folders
}

fn safe(folder: &OwnedFd, path: &str, kind: FileType) -> Option<Stat> {
    let found = statat(folder, path, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    let is_safe = FileType::from_raw_mode(found.st_mode) == kind
        && found.st_uid == geteuid().as_raw()
        && found.st_mode & OTHERS_WRITE == 0;
    is_safe.then_some(found)
}

fn describe(stamp: &mut String, found: &Stat) {
    let _ = writeln!(
        stamp,
        "{} {} {}.{:09} {}.{:09}",
        found.st_ino,
        found.st_size,
        found.st_mtime,
        found.st_mtime_nsec,
        found.st_ctime,
        found.st_ctime_nsec
    );
}
