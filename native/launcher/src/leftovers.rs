use crate::failure::Failure;
use crate::place::Folder;
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, openat, renameat, unlinkat};
use rustix::io::Errno;
use std::fs::{metadata, read_dir, remove_dir_all};
use std::os::fd::OwnedFd;
use std::process;

/// Beginning of the names that folders have before they are complete, and when they are removed.
pub const TEMPORARY: &str = ".part-";
/// Other versions that are kept, so that going back to the last one costs nothing.
const KEPT: usize = 1;

/// Removes what processes that were ended have left, and versions that nobody uses any more. What
/// cannot be removed stays.
pub fn remove_leftovers(place: &Folder, own: &str) {
    let Ok(entries) = read_dir(&place.path) else {
        return;
    };
    let names = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    let (temporary, others): (Vec<_>, Vec<_>) = names
        .filter(|name| name != own && (name.starts_with(TEMPORARY) || is_pack(name)))
        .partition(|name| name.starts_with(TEMPORARY));
    for name in temporary {
        remove(place, &name);
    }
    let mut dated: Vec<_> = others
        .into_iter()
        .map(|name| {
            (
                metadata(place.path.join(&name))
                    .and_then(|found| found.modified())
                    .ok(),
                name,
            )
        })
        .collect();
    dated.sort();
    dated.truncate(dated.len().saturating_sub(KEPT));
    for (_, name) in dated {
        remove(place, &name);
    }
}

/// Takes a name away from what is wrong, which may be of any kind.
pub fn set_aside(place: &Folder, name: &str) -> Result<(), Failure> {
    let aside = format!("{TEMPORARY}old-{}", process::id());
    match renameat(&place.descriptor, name, &place.descriptor, &aside) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => {
            let path = place.path.join(name);
            return Err(Failure::of(
                format!("cannot remove \"{}\"", path.display()),
                error,
            ));
        }
    }
    delete(place, &aside);
    Ok(())
}

/// Whether a name is one of those that unpacked packs have: version, hyphen, sixteen digits.
fn is_pack(name: &str) -> bool {
    name.split_once('-').is_some_and(|(version, digits)| {
        version.split('.').count() == 3
            && digits.len() == 16
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// Removes a folder unless somebody uses it.
fn remove(place: &Folder, name: &str) {
    let Some(_lock) = lock(place, name) else {
        return;
    };
    if name.starts_with(TEMPORARY) {
        delete(place, name);
    } else {
        // In one step, so that nobody finds half of it.
        let _ = set_aside(place, name);
    }
}

fn lock(place: &Folder, name: &str) -> Option<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let descriptor = openat(&place.descriptor, name, flags, Mode::empty()).ok()?;
    flock(&descriptor, FlockOperation::NonBlockingLockExclusive).ok()?;
    Some(descriptor)
}

fn delete(place: &Folder, name: &str) {
    if unlinkat(&place.descriptor, name, AtFlags::empty()).is_err() {
        let _ = remove_dir_all(place.path.join(name));
    }
}
