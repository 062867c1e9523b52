use crate::failure::Failure;
use crate::pack::Pack;
use crate::place::{Folder, check_own};
use crate::stamp::{STAMP, stamp_of};
use crate::table::Digest;
use crate::workers::for_each;
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, fstat, openat, statat};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{Read, read_to_string};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

/// A folder with the files of the pack, in use by this process: nobody removes it meanwhile.
pub struct Unpacked {
    pub path: PathBuf,
    /// Holds the lock that says so.
    pub descriptor: OwnedFd,
}

/// What is where a pack would be unpacked.
pub enum Found {
    Nothing,
    Good(Unpacked),
    /// Something else, with what is wrong with it.
    Bad(Failure),
}

impl Unpacked {
    /// Looks for the pack in a place.
    ///
    /// @param compares_digests Whether every byte is read; else only what cannot stay the same when a
    /// file changes is looked at.
    pub fn find(pack: &Pack, place: &Folder, compares_digests: bool) -> Found {
        let name = pack.folder_name();
        let path = place.path.join(&name);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let descriptor = match openat(&place.descriptor, &name, flags, Mode::empty()) {
            Ok(descriptor) => descriptor,
            Err(Errno::NOENT) => return Found::Nothing,
            Err(error) => return Found::Bad(Failure::of(format!("\"{}\"", path.display()), error)),
        };
        if flock(&descriptor, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK) {
            // Somebody removes it.
            return Found::Nothing;
        }
        if let Err(failure) = check_own(&path, &descriptor) {
            return Found::Bad(failure);
        }
        if !is_still_there(place, &name, &descriptor) {
            return Found::Nothing;
        }
        let unpacked = Self { path, descriptor };
        match unpacked.check(pack, compares_digests) {
            Ok(()) => Found::Good(unpacked),
            Err(failure) => Found::Bad(failure),
        }
    }

    fn check(&self, pack: &Pack, compares_digests: bool) -> Result<(), Failure> {
        let changed = || {
            Failure::new(format!(
                "the files in \"{}\" have changed",
                self.path.display()
            ))
        };
        let stamp = stamp_of(&self.descriptor, &pack.table, &pack.digest).ok_or_else(changed)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.descriptor, STAMP, flags, Mode::empty()).map_err(|_| changed())?;
        if read_to_string(File::from(file)).map_err(|_| changed())? != stamp {
            return Err(changed());
        }
        if !compares_digests {
            return Ok(());
        }
        let files: Vec<_> = pack.table.unpacked().collect();
        for_each(&files, |file| {
            let opened = openat(&self.descriptor, &file.path, flags, Mode::empty());
            let found = opened
                .map_err(std::io::Error::from)
                .and_then(|opened| digest_of(File::from(opened)));
            match found {
                Ok(digest) if digest == file.digest => Ok(()),
                Ok(_) => Err(Failure::new(format!(
                    "\"{}/{}\" is damaged",
                    self.path.display(),
                    file.path
                ))),
                Err(error) => Err(Failure::of(
                    format!("\"{}/{}\"", self.path.display(), file.path),
                    error,
                )),
            }
        })
    }
}

/// Whether a name still leads to what was opened by it, now that it is locked.
fn is_still_there(place: &Folder, name: &str, descriptor: &OwnedFd) -> bool {
    let Ok(opened) = fstat(descriptor) else {
        return false;
    };
    statat(&place.descriptor, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|found| (found.st_dev, found.st_ino) == (opened.st_dev, opened.st_ino))
}

fn digest_of(mut file: File) -> std::io::Result<Digest> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            length => hash.update(&buffer[..length]),
        }
    }
}
