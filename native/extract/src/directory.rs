//! Directories that are being filled.

use crate::attributes::{self, Attributes, Current, OwnedAttributes};
use crate::place::Place;
use crate::report::{Failures, Step};
use crate::shared::Shared;
use pbs_native_interface::unpoisoned;
use pbs_native_posix::{self as posix, Errno};
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What `fstat` said about a directory when it was entered.
#[derive(Clone, Copy)]
pub struct Identity {
    device: u64,
    inode: u64,
    uid: u32,
    gid: u32,
    permissions: u32,
}

impl Identity {
    pub fn of(fd: RawFd) -> Result<Self, Errno> {
        let stat = posix::stat(fd)?;
        Ok(Identity {
            device: stat.st_dev,
            inode: stat.st_ino,
            uid: stat.st_uid,
            gid: stat.st_gid,
            permissions: stat.st_mode & 0o7777,
        })
    }

    /// Lets the process, where it is the owner, fill a directory that exists and is read-only. Its
    /// permissions are set again when it is left.
    pub fn make_accessible(&mut self, fd: RawFd, uid: u32) {
        let wanted = self.permissions | 0o700;
        if self.uid == uid && self.permissions != wanted && posix::set_mode(fd, wanted).is_ok() {
            self.permissions = wanted;
        }
    }

    fn is_same(&self, other: &Identity) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

/// An open directory and how it treats what is made in it.
pub struct DirectoryHandle {
    fd: OwnedFd,
    /// New files belong to the process and get the mode that is asked for.
    pub plain: bool,
    /// Made in this run, and nobody else can change it yet.
    pub private: bool,
    /// Has a default ACL, which what is made below inherits.
    pub default_acl: bool,
    shared: Arc<Shared>,
}

impl DirectoryHandle {
    /// `inherited_acl`: what is known about the default ACL, for directories made in this run.
    pub fn new(
        shared: &Arc<Shared>,
        fd: OwnedFd,
        identity: &Identity,
        made_here: bool,
        inherited_acl: Option<bool>,
    ) -> Self {
        let default_acl = inherited_acl.unwrap_or_else(|| has_default_acl(fd.as_raw_fd()));
        let ours = (identity.uid, identity.gid) == (shared.uid, shared.gid);
        shared.open_directories.fetch_add(1, Ordering::AcqRel);
        DirectoryHandle {
            fd,
            plain: ours && identity.permissions & libc::S_ISGID == 0 && !default_acl,
            private: made_here && ours && identity.permissions & 0o022 == 0,
            default_acl,
            shared: shared.clone(),
        }
    }

    pub fn raw(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl Drop for DirectoryHandle {
    fn drop(&mut self) {
        self.shared.open_directories.fetch_sub(1, Ordering::AcqRel);
    }
}

fn has_default_acl(fd: RawFd) -> bool {
    posix::get_xattr(fd, c"system.posix_acl_default", &mut []).is_ok_and(|length| length > 0)
}

/// A directory from entering until its metadata is applied.
pub struct Directory {
    parent: Option<Arc<Directory>>,
    name: Box<CStr>,
    identity: Identity,
    /// None: nothing to apply.
    attributes: Mutex<Option<OwnedAttributes>>,
    /// Jobs and directories below that are not finished, and one for being entered.
    pending: AtomicUsize,
    /// The descriptor that metadata is applied through, once the directory was left.
    left: Mutex<Option<Arc<DirectoryHandle>>>,
}

impl Directory {
    pub fn root(identity: Identity) -> Arc<Self> {
        Arc::new(Directory {
            parent: None,
            name: CString::default().into(),
            identity,
            attributes: Mutex::new(None),
            pending: AtomicUsize::new(1),
            left: Mutex::new(None),
        })
    }

    pub fn below(
        parent: &Arc<Directory>,
        name: &CStr,
        identity: Identity,
        attributes: Attributes,
    ) -> Arc<Self> {
        parent.acquire();
        Arc::new(Directory {
            parent: Some(parent.clone()),
            name: name.into(),
            identity,
            attributes: Mutex::new(Some(attributes.to_owned())),
            pending: AtomicUsize::new(1),
            left: Mutex::new(None),
        })
    }

    pub fn set_attributes(&self, attributes: Attributes) {
        *unpoisoned(self.attributes.lock()) = Some(attributes.to_owned());
    }

    /// One more job below.
    pub fn acquire(&self) {
        self.pending.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that the directory was left; its metadata is applied through `handle`.
    pub fn leave(self: Arc<Self>, handle: Option<Arc<DirectoryHandle>>, shared: &Shared) {
        *unpoisoned(self.left.lock()) = handle;
        self.release(shared);
    }

    /// One job less; the last one applies the metadata, here and upwards.
    pub fn release(self: Arc<Self>, shared: &Shared) {
        let mut directory = self;
        while directory.pending.fetch_sub(1, Ordering::AcqRel) == 1 {
            directory.complete(shared);
            let Some(parent) = directory.parent.clone() else {
                return;
            };
            directory = parent;
        }
    }

    fn complete(&self, shared: &Shared) {
        let handle = unpoisoned(self.left.lock()).take();
        let attributes = unpoisoned(self.attributes.lock()).take();
        let (Some(handle), Some(attributes)) = (handle, attributes) else {
            return;
        };
        if shared.stopped() {
            return;
        }
        let mut failures = shared.new_failures();
        let current = Current {
            owner: Some((self.identity.uid, self.identity.gid)),
            permissions: Some(self.identity.permissions),
        };
        let place = Place::Open(handle.raw());
        attributes::apply(
            place,
            attributes.view(),
            current,
            &shared.options,
            &mut failures,
        );
        shared.report(failures, || self.path());
    }

    /// Path below the root.
    pub fn path(&self) -> Vec<u8> {
        let mut names = Vec::new();
        let mut directory = self;
        while let Some(parent) = &directory.parent {
            names.push(directory.name.to_bytes());
            directory = parent;
        }
        names.reverse();
        names.join(&b'/')
    }

    /// Path of an entry of this directory.
    pub fn path_of(&self, name: &CStr) -> Vec<u8> {
        let mut path = self.path();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name.to_bytes());
        path
    }

    /// Opens the directory again: as the parent of `child`, else from the root down. It must still be
    /// the same one.
    pub fn reopen(
        &self,
        child: Option<&DirectoryHandle>,
        shared: &Arc<Shared>,
    ) -> Result<DirectoryHandle, Errno> {
        let through_child = child.map(|child| {
            let fd = posix::open_directory(child.raw(), c"..")?;
            let identity = Identity::of(fd.as_raw_fd())?;
            if identity.is_same(&self.identity) {
                Ok((fd, identity))
            } else {
                Err(libc::ESTALE)
            }
        });
        let (fd, identity) = match through_child {
            Some(Ok(found)) => found,
            _ => self.reopen_from_root(shared)?,
        };
        Ok(DirectoryHandle::new(shared, fd, &identity, false, None))
    }

    fn reopen_from_root(&self, shared: &Shared) -> Result<(OwnedFd, Identity), Errno> {
        let mut fd = posix::open_directory(shared.root_fd(), c".")?;
        let path = self.path();
        for name in path
            .split(|byte| *byte == b'/')
            .filter(|name| !name.is_empty())
        {
            let name = CString::new(name).map_err(|_| libc::EINVAL)?;
            fd = posix::open_directory(fd.as_raw_fd(), &name)?;
        }
        let identity = Identity::of(fd.as_raw_fd())?;
        if identity.is_same(&self.identity) {
            Ok((fd, identity))
        } else {
            Err(libc::ESTALE)
        }
    }
}

/// Without recursion: chains are as long as trees are deep.
impl Drop for Directory {
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(directory) = next {
            next = match Arc::try_unwrap(directory) {
                Ok(mut directory) => directory.parent.take(),
                Err(_) => None,
            };
        }
    }
}

/// Reports that a directory could not be opened or made.
pub fn report_directory(
    shared: &Shared,
    parent: &Directory,
    name: &CStr,
    step: Step,
    errno: Errno,
) {
    let mut failures = Failures::default();
    failures.add(step, errno);
    shared.report(failures, || parent.path_of(name));
}
