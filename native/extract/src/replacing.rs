//! Bringing what exists into line: replacing it at once, mending its metadata, removing it.

use crate::attributes::{self, Current};
use crate::command::{Entry, valid_name};
use crate::directory::DirectoryHandle;
use crate::layout::{ExtractOptions as Options, flag};
use crate::lifted_flags::{LiftedFlags, clear_linux_flags};
use crate::place::Place;
use crate::report::{Failures, Step};
use crate::shared::Shared;
use pbs_native_posix::{self as posix, Errno};
use std::ffi::{CStr, CString};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// Start of the names of what is not complete; `lib/fs` knows it too.
const TEMPORARY: &str = ".pbs-restore-";

/// A name that nothing has yet, most probably.
pub fn temporary_name() -> CString {
    let random = RandomState::new().build_hasher().finish();
    CString::new(format!("{TEMPORARY}{random:016x}")).expect("no NUL in it")
}

/// Puts what was made under a temporary name in the place of something, whatever that is but a
/// directory. Flags that forbid it are taken away.
pub fn rename_over(dir: RawFd, from: &CStr, to: &CStr, options: &Options) -> Result<(), Errno> {
    let rename = || posix::rename(dir, from, to);
    let mut result = rename();
    if result == Err(libc::EPERM) && unseal(dir, to, options).is_some() {
        result = rename();
    }
    if result == Err(libc::EPERM)
        && let Some(lifted) = unseal(dir, from, options)
    {
        // The new one has its flags already.
        result = rename();
        let back = lifted.put_back();
        result = result.and(back);
    }
    result
}

/// Takes the flags from an entry that keep it as it is, if there are any.
fn unseal(dir: RawFd, name: &CStr, options: &Options) -> Option<LiftedFlags> {
    let flags = libc::O_RDONLY | libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let is_plain = posix::stat_at(dir, name)
        .is_ok_and(|stat| matches!(stat.st_mode & libc::S_IFMT, libc::S_IFREG | libc::S_IFDIR));
    let fd = is_plain.then(|| posix::open_at(dir, name, flags, 0).ok())??;
    LiftedFlags::lift(fd, options.linux_flags_mask)
}

/// Takes from an entry that exists what it must not have, before it gets its metadata.
pub fn prepare(place: Place, entry: Entry, options: &Options, failures: &mut Failures) {
    if let Place::Open(fd) = place {
        clear_linux_flags(fd, options.linux_flags_mask);
    }
    attributes::remove_xattrs(place, entry.attributes, failures);
}

/// Gives an entry that exists the metadata of the archive; its content stays.
pub fn mend(shared: &Shared, handle: &DirectoryHandle, entry: Entry, failures: &mut Failures) {
    let options = &shared.options;
    let opened = open(handle, entry).and_then(|(fd, is_plain)| {
        let stat = posix::stat(fd.as_raw_fd())?;
        if stat.st_mode & libc::S_IFMT == entry.attributes.file_type() {
            Ok((fd, is_plain, stat))
        } else {
            Err(libc::ESTALE)
        }
    });
    let (fd, is_plain, stat) = match opened {
        Ok(opened) => opened,
        Err(errno) => return failures.add(Step::Open, errno),
    };
    let place = if is_plain {
        Place::Open(fd.as_raw_fd())
    } else {
        Place::PathOnly(fd.as_raw_fd())
    };
    prepare(place, entry, options, failures);
    let current = Current {
        owner: Some((stat.st_uid, stat.st_gid)),
        permissions: None,
    };
    attributes::apply(place, entry.attributes, current, options, failures);
}

/// Without following links; regular files, where that is allowed, such that their flags can be set.
fn open(handle: &DirectoryHandle, entry: Entry) -> Result<(OwnedFd, bool), Errno> {
    let (dir, name) = (handle.raw(), entry.name);
    if entry.attributes.file_type() == libc::S_IFREG {
        let flags = libc::O_RDONLY | libc::O_NOFOLLOW | libc::O_NONBLOCK;
        if let Ok(fd) = posix::open_at(dir, name, flags, 0) {
            return Ok((fd, true));
        }
    }
    let fd = posix::open_at(dir, name, libc::O_PATH | libc::O_NOFOLLOW, 0)?;
    Ok((fd, false))
}

/// Removes a file, or an empty directory, at a path below a directory. No link is followed.
pub fn remove(
    handle: &DirectoryHandle,
    entry: Entry,
    path: &CStr,
    options: &Options,
) -> Result<(), Errno> {
    let bytes = path.to_bytes();
    if !bytes.split(|byte| *byte == b'/').all(valid_name) {
        return Err(libc::EINVAL);
    }
    let slash = bytes.iter().rposition(|byte| *byte == b'/');
    let parent = match slash {
        Some(slash) => {
            let parent = CString::new(&bytes[..slash]).map_err(|_| libc::EINVAL)?;
            Some(posix::open_beneath(handle.raw(), &parent)?)
        }
        None => None,
    };
    let dir = parent.as_ref().map_or(handle.raw(), AsRawFd::as_raw_fd);
    let name = &path[slash.map_or(0, |slash| slash + 1)..];
    let is_directory = entry.attributes.file_type() == libc::S_IFDIR;
    let how = if is_directory { libc::AT_REMOVEDIR } else { 0 };
    let unlink = || posix::remove(dir, name, how);
    let mut result = unlink();
    if result == Err(libc::EPERM) {
        // The directory's flags, then its own.
        let lifted = options.has(flag::REPLACE) && {
            let of_directory = unseal(dir, c".", options).is_some();
            unseal(dir, name, options).is_some() || of_directory
        };
        if lifted {
            result = unlink();
        }
    }
    match result {
        Err(libc::ENOENT) => Ok(()),
        other => other,
    }
}
