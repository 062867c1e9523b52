//! Making files, symbolic links, devices, named pipes and sockets.

use crate::attributes::{self, Current};
use crate::batch::Batch;
use crate::command::{Entry, Malformed};
use crate::directory::DirectoryHandle;
use crate::layout::{ExtractOptions, flag};
use crate::place::{Place, times};
use crate::replacing;
use crate::report::{Failures, Step};
use crate::shared::{Shared, count};
use crate::sparse::Runs;
use pbs_native_posix::{self as posix, Errno};
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// Attempts to get rid of something in the way, in case it comes back.
const MAX_OVERWRITES: usize = 4;

/// Makes something that must not exist; replaces what is in the way if that is allowed, but never a
/// directory.
pub fn create<T>(
    options: &ExtractOptions,
    dir: RawFd,
    name: &CStr,
    overwrite: bool,
    make: impl FnMut(&CStr) -> Result<T, Errno>,
) -> Result<T, Errno> {
    let (made, temporary) = create_aside(options, dir, name, overwrite, make)?;
    if let Some(temporary) = temporary
        && let Err(errno) = replacing::rename_over(dir, &temporary, name, options)
    {
        let _ = posix::remove(dir, &temporary, 0);
        return Err(errno);
    }
    Ok(made)
}

/// The same, but what replaces something at once has a temporary name until it is complete.
fn create_aside<T>(
    options: &ExtractOptions,
    dir: RawFd,
    name: &CStr,
    overwrite: bool,
    mut make: impl FnMut(&CStr) -> Result<T, Errno>,
) -> Result<(T, Option<CString>), Errno> {
    let mut result = make(name).map(|made| (made, None));
    for _ in 0..MAX_OVERWRITES {
        if !overwrite || !matches!(result, Err(libc::EEXIST)) {
            return result;
        }
        // Asked first: where nothing may be unlinked, the answer would not tell a directory.
        let in_the_way = posix::stat_at(dir, name).map(|stat| stat.st_mode & libc::S_IFMT);
        if in_the_way == Ok(libc::S_IFDIR) {
            return result;
        }
        if options.has(flag::REPLACE) {
            let temporary = replacing::temporary_name();
            return make(&temporary).map(|made| (made, Some(temporary)));
        }
        match posix::remove(dir, name, 0) {
            Ok(()) | Err(libc::ENOENT) => result = make(name).map(|made| (made, None)),
            Err(libc::EISDIR) => return Err(libc::EEXIST),
            Err(errno) => return Err(errno),
        }
    }
    result
}

/// Creates a regular file that nobody had open before, and never through a link. Where it replaces
/// something, the second result is its name until it is complete.
pub fn create_file(
    shared: &Shared,
    handle: &DirectoryHandle,
    name: &CStr,
    mode: u32,
) -> Result<(OwnedFd, Option<CString>), Errno> {
    let overwrite = shared.options.has(flag::OVERWRITE_FILES);
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW;
    create_aside(&shared.options, handle.raw(), name, overwrite, |name| {
        posix::open_at(handle.raw(), name, flags, mode)
    })
}

/// Gives a complete file its name.
pub fn settle_file(
    shared: &Shared,
    handle: &DirectoryHandle,
    temporary: Option<&CStr>,
    name: &CStr,
) -> Result<(), Errno> {
    temporary.map_or(Ok(()), |temporary| {
        replacing::rename_over(handle.raw(), temporary, name, &shared.options)
    })
}

/// Unlinks a file that is not complete: nothing of it stays under the final name.
pub fn remove_incomplete(handle: &DirectoryHandle, name: &CStr, failures: &mut Failures) {
    match posix::remove(handle.raw(), name, 0) {
        Ok(()) | Err(libc::ENOENT) => {}
        Err(errno) => failures.add(Step::Remove, errno),
    }
}

/// Makes entries on behalf of one worker.
pub struct EntryMaker<'a> {
    pub shared: &'a Shared,
    /// Permission bits that the thread's umask takes from new files.
    pub umask: u32,
}

impl EntryMaker<'_> {
    /// A file that lies completely in its batch.
    pub fn file(
        &self,
        batch: &Batch,
        handle: &DirectoryHandle,
        entry: Entry,
        failures: &mut Failures,
    ) -> Result<(), Malformed> {
        let options = &self.shared.options;
        let attributes = entry.attributes;
        let permissions = attributes.permissions();
        let ours = (attributes.uid, attributes.gid) == (self.shared.uid, self.shared.gid);
        // With nothing to apply before the mode, the file can have it from the start.
        let at_once = handle.plain
            && attributes.extras.is_empty()
            && !options.has(flag::IGNORE_PERMISSIONS)
            && (ours || options.has(flag::IGNORE_OWNERSHIP));
        let mode = if at_once {
            permissions & 0o777 & !self.umask
        } else {
            0o600
        };
        let (fd, temporary) = match create_file(self.shared, handle, entry.name, mode) {
            Ok(created) => created,
            Err(errno) => {
                failures.add(Step::Create, errno);
                return Ok(());
            }
        };
        let current = Current {
            owner: handle.plain.then_some((self.shared.uid, self.shared.gid)),
            permissions: (!handle.default_acl).then_some(mode),
        };
        let place = Place::Open(fd.as_raw_fd());
        if !attributes.extras.is_empty() {
            attributes::apply_initial_flags(fd.as_raw_fd(), attributes, options, failures);
        }
        let mut result = self.write(batch, &fd, entry);
        if let Ok(Ok(())) = result {
            if failures.go_on() {
                attributes::apply(place, attributes, current, options, failures);
            }
            result = Ok(posix::close(fd)
                .and_then(|()| settle_file(self.shared, handle, temporary.as_deref(), entry.name)));
        }
        let written = match result {
            Ok(Ok(())) => {
                count(&self.shared.counters.files, 1);
                count(&self.shared.counters.bytes, entry.size());
                return Ok(());
            }
            Ok(Err(errno)) => {
                failures.add(Step::Write, errno);
                Ok(())
            }
            Err(malformed) => Err(malformed),
        };
        let name = temporary.as_deref().unwrap_or(entry.name);
        remove_incomplete(handle, name, failures);
        written
    }

    /// Writes all pieces, without blocks of zeros.
    fn write(
        &self,
        batch: &Batch,
        fd: &OwnedFd,
        entry: Entry,
    ) -> Result<Result<(), Errno>, Malformed> {
        let mut offset = 0;
        let mut written = 0;
        for piece in entry.pieces() {
            let bytes = batch.resolve(piece?).ok_or(Malformed)?;
            for (at, run) in Runs::new(bytes, offset) {
                if let Err(errno) = posix::write_at(fd.as_raw_fd(), run, at as i64) {
                    return Ok(Err(errno));
                }
                written = at + run.len() as u64;
            }
            offset += bytes.len() as u64;
        }
        if offset != entry.size() {
            return Err(Malformed);
        }
        if written < offset {
            return Ok(posix::truncate(fd.as_raw_fd(), offset as i64));
        }
        Ok(Ok(()))
    }

    pub fn symlink(
        &self,
        handle: &DirectoryHandle,
        entry: Entry,
        failures: &mut Failures,
    ) -> Result<(), Malformed> {
        let target = entry.link_target()?;
        let options = &self.shared.options;
        let (dir, name) = (handle.raw(), entry.name);
        let overwrite = options.has(flag::OVERWRITE_SYMLINKS);
        let result = create(options, dir, name, overwrite, |name| {
            posix::make_symlink(dir, name, target)
        });
        if !failures.check(Step::Create, result) || result.is_err() {
            return Ok(());
        }
        count(&self.shared.counters.symlinks, 1);
        let attributes = entry.attributes;
        let ours = (attributes.uid, attributes.gid) == (self.shared.uid, self.shared.gid);
        let owner_is_right = (handle.plain && ours) || options.has(flag::IGNORE_OWNERSHIP);
        if handle.private && owner_is_right && attributes.extras.is_empty() {
            // Nobody else can have replaced the name.
            let flags = libc::AT_SYMLINK_NOFOLLOW;
            let result = times(attributes.secs, attributes.nanos)
                .and_then(|times| posix::set_times_at(dir, name, &times, flags));
            if result != Err(libc::EOPNOTSUPP) {
                failures.check(Step::Time, result);
            }
            return Ok(());
        }
        self.apply_by_path(handle, entry, failures);
        Ok(())
    }

    /// A device, named pipe or socket.
    pub fn node(&self, handle: &DirectoryHandle, entry: Entry, failures: &mut Failures) {
        let file_type = entry.attributes.file_type();
        let is_device = matches!(file_type, libc::S_IFCHR | libc::S_IFBLK);
        let device = if is_device {
            let (major, minor) = entry.device();
            libc::makedev(major, minor)
        } else {
            0
        };
        let supported = is_device || matches!(file_type, libc::S_IFIFO | libc::S_IFSOCK);
        let options = &self.shared.options;
        let (dir, name) = (handle.raw(), entry.name);
        let result = if supported {
            let overwrite = options.has(flag::OVERWRITE_OTHERS);
            create(options, dir, name, overwrite, |name| {
                posix::make_node(dir, name, file_type | 0o600, device)
            })
        } else {
            Err(libc::EINVAL)
        };
        match result {
            Ok(_) => {
                count(&self.shared.counters.nodes, 1);
                self.apply_by_path(handle, entry, failures);
            }
            Err(errno) if is_device && options.has(flag::IGNORE_DEVICE_ERRORS) => {
                failures.add(Step::SkippedDevice, errno);
            }
            Err(errno) if is_device => failures.add(Step::CreateDevice, errno),
            Err(errno) => failures.add(Step::Create, errno),
        }
    }

    /// Metadata of something that cannot be opened.
    fn apply_by_path(&self, handle: &DirectoryHandle, entry: Entry, failures: &mut Failures) {
        let attributes = entry.attributes;
        let flags = libc::O_PATH | libc::O_NOFOLLOW;
        let opened = posix::open_at(handle.raw(), entry.name, flags, 0).and_then(|fd| {
            let stat = posix::stat(fd.as_raw_fd())?;
            let expected = stat.st_mode & libc::S_IFMT == attributes.file_type();
            if expected {
                Ok((fd, stat))
            } else {
                Err(libc::ESTALE)
            }
        });
        let (fd, stat) = match opened {
            Ok(opened) => opened,
            Err(errno) => {
                failures.add(Step::Create, errno);
                return;
            }
        };
        let current = Current {
            owner: Some((stat.st_uid, stat.st_gid)),
            permissions: Some(stat.st_mode & 0o7777),
        };
        let place = Place::PathOnly(fd.as_raw_fd());
        attributes::apply(place, attributes, current, &self.shared.options, failures);
    }
}

#[cfg(test)]
#[expect(unsafe_code, reason = "makes a batch as the caller would")]
mod tests {
    use super::*;
    use crate::attributes::Attributes;
    use crate::command::Command;
    use crate::directory::Identity;
    use crate::layout::ExtractOptions as Options;
    use crate::layout::op;
    use crate::target::open_target;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;

    /// A complete, empty file.
    fn command(name: &str, attributes: Attributes) -> Vec<u8> {
        let mut words = [0u32; 12];
        words[1] = u32::from(op::FILE) | (name.len() as u32) << 16;
        words[2] = attributes.mode;
        words[3] = attributes.uid;
        words[4] = attributes.gid;
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let length = bytes.len() as u32;
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes
    }

    #[test]
    fn modes_come_out_right_under_any_umask() {
        let base = std::env::temp_dir().join(format!("extract-umask-{}", std::process::id()));
        let path = CString::new(base.to_str().unwrap()).unwrap();
        let options = Options {
            flags: flag::STOP_AT_FIRST_ERROR,
            threads: 1,
            linux_flags_mask: 0,
            initial_flags_mask: 0,
        };
        let root = open_target(&path).unwrap();
        let shared = Arc::new(Shared::new(options, root));
        let fd = posix::open_directory(shared.root_fd(), c".").unwrap();
        let identity = Identity::of(fd.as_raw_fd()).unwrap();
        let handle = DirectoryHandle::new(&shared, fd, &identity, true, None);
        // The umask that the maker is told of, and the one in force (only for this thread).
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // Where it is forbidden, the umask stays.
                let own = posix::leave_shared_umask().is_ok();
                for (umask, actual) in [(0, 0), (0o22, 0o22), (0o777, 0o27), (0o777, 0)] {
                    let umask = if own {
                        posix::set_umask(actual);
                        umask
                    } else {
                        0o777
                    };
                    for mode in [0o644, 0o777, 0o000, 0o4755, 0o2664, 0o1666] {
                        let name = format!("{umask:o}-{actual:o}-{mode:o}");
                        let attributes = Attributes {
                            mode: libc::S_IFREG | mode,
                            uid: shared.uid,
                            gid: shared.gid,
                            secs: 0,
                            nanos: 0,
                            extras: &[],
                        };
                        let bytes = command(&name, attributes).into();
                        // SAFETY: no chunks.
                        let batch = unsafe { Batch::new(&shared, bytes, Box::new([]), 1) };
                        let entry = Command::first(&batch.commands).unwrap().entry().unwrap();
                        let maker = EntryMaker {
                            shared: &shared,
                            umask,
                        };
                        let mut failures = shared.new_failures();
                        maker.file(&batch, &handle, entry, &mut failures).unwrap();
                        assert!(failures.list.is_empty());
                        let found = std::fs::metadata(base.join(&name)).unwrap();
                        assert_eq!(found.permissions().mode() & 0o7777, mode, "{name}");
                    }
                }
            });
        });
        std::fs::remove_dir_all(&base).unwrap();
    }
}
