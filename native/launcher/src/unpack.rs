use crate::failure::Failure;
use crate::leftovers::{TEMPORARY, remove_leftovers, set_aside};
use crate::pack::Pack;
use crate::place::Folder;
use crate::stamp::{STAMP, folders_of, stamp_of};
use crate::table::Kind;
use crate::unpacked::{Found, Unpacked};
use crate::workers::for_each;
use crate::write_files::write_files;
use rustix::fs::{FlockOperation, Mode, OFlags, flock, fsync, mkdirat, open, openat, renameat};
use rustix::io::Errno;
use std::fs::{File, remove_dir_all};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Another process that unpacks the same is waited for so long; then both do it.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(10);
const NEW_FILE: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Unpacks into a place, unless another process has done so meanwhile.
pub fn unpack(pack: &Pack, place: &Folder, compares_digests: bool) -> Result<Unpacked, Failure> {
    let _lock = lock(place)?;
    match Unpacked::find(pack, place, compares_digests) {
        Found::Good(unpacked) => return Ok(unpacked),
        Found::Nothing => {}
        Found::Bad(failure) => {
            eprintln!("pbs-client: {failure}; it is unpacked anew");
            set_aside(place, &pack.folder_name())?;
        }
    }
    remove_leftovers(place, &pack.folder_name());
    let name = format!("{TEMPORARY}{}", process::id());
    let path = place.path.join(&name);
    let made = write(pack, place, &name).and_then(|()| {
        // Nobody sees the name before everything below it is on the disk.
        match renameat(
            &place.descriptor,
            &name,
            &place.descriptor,
            pack.folder_name(),
        ) {
            // Somebody was faster.
            Ok(()) | Err(Errno::EXIST | Errno::NOTEMPTY) => {}
            Err(error) => {
                return Err(Failure::of(
                    format!("cannot rename \"{}\"", path.display()),
                    error,
                ));
            }
        }
        fsync(&place.descriptor).map_err(|error| Failure::of(place.path.display(), error))
    });
    // It is there no more if all went well.
    let _ = remove_dir_all(&path);
    made?;
    match Unpacked::find(pack, place, false) {
        Found::Good(unpacked) => Ok(unpacked),
        Found::Bad(failure) => Err(failure),
        Found::Nothing => Err(Failure::new(format!(
            "\"{}\" was removed",
            place.path.display()
        ))),
    }
}

/// Waits until nobody else changes what is in a place. Where there are no locks, names that only one
/// process can take do.
fn lock(place: &Folder) -> Result<OwnedFd, Failure> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let descriptor = open(&place.path, flags, Mode::empty())
        .map_err(|error| Failure::of(place.path.display(), error))?;
    let end = Instant::now() + PATIENCE;
    while flock(&descriptor, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK)
        && Instant::now() < end
    {
        sleep(PAUSE);
    }
    Ok(descriptor)
}

/// Makes a folder with all files and their stamp, on the disk when this returns.
fn write(pack: &Pack, place: &Folder, name: &str) -> Result<(), Failure> {
    let path = place.path.join(name);
    let failed = |error: Errno| failure(&path, error.into());
    mkdirat(&place.descriptor, name, Mode::RWXU).map_err(failed)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = openat(&place.descriptor, name, flags, Mode::empty()).map_err(failed)?;
    let _ = flock(&folder, FlockOperation::NonBlockingLockExclusive);
    for inner in folders_of(&pack.table) {
        mkdirat(&folder, inner, Mode::RWXU).map_err(failed)?;
    }
    let mut files = Vec::new();
    for file in pack.table.unpacked() {
        let mode = if file.kind == Kind::Executable {
            Mode::RUSR | Mode::XUSR
        } else {
            Mode::RUSR
        };
        files.push((
            file,
            File::from(openat(&folder, &file.path, NEW_FILE, mode).map_err(failed)?),
        ));
    }
    write_files(pack, &files, |error| failure(&path, error))?;
    for_each(&files, |(_, opened)| {
        opened.sync_all().map_err(|error| failure(&path, error))
    })?;
    drop(files);
    let stamp = stamp_of(&folder, &pack.table, &pack.digest)
        .ok_or_else(|| Failure::new(format!("the files in \"{}\" change", path.display())))?;
    let file = File::from(openat(&folder, STAMP, NEW_FILE, Mode::RUSR).map_err(failed)?);
    file.write_all_at(stamp.as_bytes(), 0)
        .and_then(|()| file.sync_all())
        .map_err(|error| failure(&path, error))?;
    fsync(&folder).map_err(failed)
}

fn failure(path: &Path, error: std::io::Error) -> Failure {
    Failure::of(
        format!(
            "cannot unpack into \"{}\"",
            path.parent().unwrap_or(path).display()
        ),
        error,
    )
}
