//! Hard links to files that were restored before.

use crate::command::valid_name;
use crate::directory::DirectoryHandle;
use crate::entries::create;
use crate::layout::flag;
use crate::lifted_flags::LiftedFlags;
use crate::report::{Failures, Step};
use crate::shared::{Shared, count};
use pbs_native_posix::{self as posix, Errno};
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// Makes hard links; remembers the directory of the last target.
pub struct Linker<'a> {
    shared: &'a Shared,
    last: Option<(CString, OwnedFd)>,
}

impl<'a> Linker<'a> {
    pub fn new(shared: &'a Shared) -> Self {
        Linker { shared, last: None }
    }

    /// Makes `name` another name of the regular file at `target`, a path below the root
    /// (spec: pxar.md §6.4).
    pub fn link(
        &mut self,
        handle: &DirectoryHandle,
        name: &CStr,
        target: &CStr,
        failures: &mut Failures,
    ) {
        let (target_dir, target_name) = match self.find(target) {
            Ok(found) => found,
            Err(errno) => return failures.add(Step::LinkTarget, errno),
        };
        let found = match posix::stat_at(target_dir, target_name) {
            Ok(found) => found,
            Err(errno) => return failures.add(Step::LinkTarget, errno),
        };
        match found.st_mode & libc::S_IFMT {
            libc::S_IFREG => {}
            libc::S_IFLNK => return failures.add(Step::LinkTarget, libc::ELOOP),
            libc::S_IFDIR => return failures.add(Step::LinkTarget, libc::EISDIR),
            _ => return failures.add(Step::LinkTarget, libc::EINVAL),
        }
        if self.shared.is_lost(target.to_bytes()) {
            // What lies there is from before.
            return failures.add(Step::LinkTarget, libc::ENOENT);
        }
        let overwrite = self.shared.options.has(flag::OVERWRITE_HARDLINKS);
        if overwrite
            && let Ok(existing) = posix::stat_at(handle.raw(), name)
            && (existing.st_dev, existing.st_ino) == (found.st_dev, found.st_ino)
        {
            // Already the same file. Unlinking it first could remove its only name.
            count(&self.shared.counters.hardlinks, 1);
            return;
        }
        let dir = handle.raw();
        let link = || {
            create(&self.shared.options, dir, name, overwrite, |name| {
                posix::link(target_dir, target_name, dir, name)
            })
        };
        let mut result = link();
        if result == Err(libc::EPERM)
            && let Some(lifted) = self.lift_flags(target_dir, target_name, &found)
        {
            result = link();
            failures.check(Step::Flags, lifted.put_back());
        }
        match result {
            Ok(_) => count(&self.shared.counters.hardlinks, 1),
            Err(errno) => failures.add(Step::Create, errno),
        }
    }

    /// Makes an immutable or append-only file such as this restore made linkable for a moment: its
    /// flags were set with its other metadata, before its further names were known.
    fn lift_flags(&self, dir: RawFd, name: &CStr, found: &libc::stat) -> Option<LiftedFlags> {
        let flags = libc::O_RDONLY | libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let fd = posix::open_at(dir, name, flags, 0).ok()?;
        let opened = posix::stat(fd.as_raw_fd()).ok()?;
        if (opened.st_dev, opened.st_ino) != (found.st_dev, found.st_ino) {
            return None;
        }
        LiftedFlags::lift(fd, self.shared.options.linux_flags_mask)
    }

    /// Directory and last component of a target.
    fn find<'b>(&mut self, target: &'b CStr) -> Result<(RawFd, &'b CStr), Errno> {
        let bytes = target.to_bytes();
        if !bytes.split(|byte| *byte == b'/').all(valid_name) {
            return Err(libc::EINVAL);
        }
        let Some(slash) = bytes.iter().rposition(|byte| *byte == b'/') else {
            return Ok((self.shared.root_fd(), target));
        };
        let (parent, name) = (&bytes[..slash], &target[slash + 1..]);
        if let Some((path, fd)) = &self.last
            && path.as_bytes() == parent
        {
            return Ok((fd.as_raw_fd(), name));
        }
        let path = CString::new(parent).map_err(|_| libc::EINVAL)?;
        let fd = posix::open_beneath(self.shared.root_fd(), &path)?;
        let raw = fd.as_raw_fd();
        self.last = Some((path, fd));
        Ok((raw, name))
    }
}
