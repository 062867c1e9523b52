//! Applying metadata, in the order of spec pxar.md §6.6.

use crate::layout::{ExtractOptions as Options, flag, tag as kind};
use crate::place::Place;
use crate::report::{Failures, Step};
use pbs_native_posix::{self as posix, Errno, means_no_attributes};
use std::ffi::{CStr, CString};
use std::os::fd::RawFd;

const SET_ID_BITS: u32 = 0o6000;
const CAPABILITY: &CStr = c"security.capability";

/// The metadata of an entry, as it is in its command.
#[derive(Clone, Copy)]
pub struct Attributes<'a> {
    /// Complete mode.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub secs: i64,
    pub nanos: u32,
    /// Checked by the parser.
    pub extras: &'a [u8],
}

impl<'a> Attributes<'a> {
    pub fn permissions(&self) -> u32 {
        self.mode & 0o7777
    }

    pub fn file_type(&self) -> u32 {
        self.mode & libc::S_IFMT
    }

    fn extras(&self) -> Extras<'a> {
        Extras(self.extras)
    }

    fn find(&self, tag: u8) -> Option<&'a [u8]> {
        self.extras()
            .find(|(found, _)| *found == tag)
            .map(|(_, value)| value)
    }

    fn has_capabilities(&self) -> bool {
        self.extras().any(|(tag, value)| {
            tag == kind::FCAPS
                || tag == kind::XATTR && value.starts_with(CAPABILITY.to_bytes_with_nul())
        })
    }

    /// Whether whoever runs the file gets rights of its owner.
    fn has_privileges(&self) -> bool {
        self.mode & SET_ID_BITS != 0 || self.has_capabilities()
    }

    /// `FS_IOC_SETFLAGS` bits and FAT attributes.
    fn flags(&self) -> Option<(u32, u32)> {
        let (words, _) = self.find(kind::FLAGS)?.as_chunks::<4>();
        let [linux, fat] = words else { return None };
        Some((u32::from_le_bytes(*linux), u32::from_le_bytes(*fat)))
    }

    pub fn to_owned(self) -> OwnedAttributes {
        OwnedAttributes {
            fixed: Attributes {
                extras: &[],
                ..self
            },
            extras: self.extras.into(),
        }
    }
}

/// Metadata that outlives its command.
pub struct OwnedAttributes {
    fixed: Attributes<'static>,
    extras: Box<[u8]>,
}

impl OwnedAttributes {
    pub fn view(&self) -> Attributes<'_> {
        Attributes {
            extras: &self.extras,
            ..self.fixed
        }
    }
}

/// Tag and value.
struct Extras<'a>(&'a [u8]);

impl<'a> Iterator for Extras<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first_chunk::<4>()?;
        let head = u32::from_le_bytes(*head);
        let length = (head >> 8) as usize;
        let value = rest.get(..length)?;
        self.0 = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((head as u8, value))
    }
}

/// What is known about a new entry before its metadata is applied.
#[derive(Clone, Copy)]
pub struct Current {
    /// Owner and group, where they are known.
    pub owner: Option<(u32, u32)>,
    /// Permission bits, where they are known.
    pub permissions: Option<u32>,
}

/// Sets the flags that work only as long as a file is empty.
pub fn apply_initial_flags(
    fd: RawFd,
    attributes: Attributes,
    options: &Options,
    failures: &mut Failures,
) {
    let Some((linux, _)) = attributes.flags() else {
        return;
    };
    let result = set_linux_flags(fd, linux, options.initial_flags_mask);
    check_flags(Step::InitialFlags, result, failures);
}

/// Notes what became of attribute flags; a file system without them is no error. Returns whether to
/// go on.
fn check_flags(step: Step, result: Result<(), Errno>, failures: &mut Failures) -> bool {
    match result {
        Err(errno) if means_no_attributes(errno) => {
            if !failures.list.iter().any(|(step, _)| *step == Step::NoFlags) {
                failures.add(Step::NoFlags, errno);
            }
            failures.go_on()
        }
        other => failures.check(step, other),
    }
}

/// Applies everything. Each step that fails is noted; the next one runs if `failures` says so.
pub fn apply(
    place: Place,
    attributes: Attributes,
    current: Current,
    options: &Options,
    failures: &mut Failures,
) {
    let mut permissions = attributes.permissions();
    let mut known = current.permissions;
    let mut with_fcaps = true;
    let wanted = (attributes.uid, attributes.gid);
    if current.owner != Some(wanted) {
        let owned = if options.has(flag::IGNORE_OWNERSHIP) {
            false
        } else {
            let result = place.set_owner(wanted.0, wanted.1);
            let owned = result.is_ok();
            if !failures.check(Step::Ownership, result) {
                return;
            }
            owned
        };
        if !owned && attributes.has_privileges() {
            let kept = Kept::of(place, attributes, current.owner);
            permissions &= kept.mode_bits;
            with_fcaps = kept.fcaps;
            let with_mode = !options.has(flag::IGNORE_PERMISSIONS);
            if with_mode && permissions != attributes.permissions()
                || !with_fcaps && attributes.has_capabilities()
            {
                failures.add(Step::DroppedPrivileges, 0);
            }
        }
    }
    if !attributes.extras.is_empty() {
        known = None;
        if !apply_extras(place, attributes, with_fcaps, failures) {
            return;
        }
    }
    let symlink = attributes.file_type() == libc::S_IFLNK;
    if !options.has(flag::IGNORE_PERMISSIONS) && !symlink && known != Some(permissions) {
        let result = tolerate(place.set_mode(permissions), &[libc::EOPNOTSUPP]);
        if !failures.check(Step::Permissions, result) {
            return;
        }
    }
    let result = tolerate(
        place.set_time(attributes.secs, attributes.nanos),
        &[libc::EOPNOTSUPP],
    );
    if !failures.check(Step::Time, result) {
        return;
    }
    if let Some((linux, fat)) = attributes.flags() {
        let result = set_linux_flags(place.fd(), linux, options.linux_flags_mask);
        if check_flags(Step::Flags, result, failures) && fat != 0 {
            let result = posix::set_fat_attributes(place.fd(), fat);
            check_flags(Step::FatAttributes, result, failures);
        }
    }
}

/// What an entry may keep whose owner is not the one of the archive: a program that runs with the
/// rights of its owner must not run with those of somebody else.
struct Kept {
    /// Mask of the permission bits.
    mode_bits: u32,
    fcaps: bool,
}

impl Kept {
    fn of(place: Place, attributes: Attributes, owner: Option<(u32, u32)>) -> Self {
        let owner = owner.or_else(|| {
            let stat = posix::stat(place.fd()).ok()?;
            Some((stat.st_uid, stat.st_gid))
        });
        let same_user = owner.is_some_and(|(uid, _)| uid == attributes.uid);
        let same_group = owner.is_some_and(|(_, gid)| gid == attributes.gid);
        let dropped = [(same_user, libc::S_ISUID), (same_group, libc::S_ISGID)];
        let dropped = dropped.iter().filter(|(same, _)| !same);
        Kept {
            mode_bits: dropped.fold(u32::MAX, |bits, (_, bit)| bits & !bit),
            fcaps: same_user && same_group,
        }
    }
}

/// Extended attributes, capabilities, ACLs, project id. Returns whether to go on.
fn apply_extras(
    place: Place,
    attributes: Attributes,
    with_fcaps: bool,
    failures: &mut Failures,
) -> bool {
    let mut supported = true;
    for (tag, value) in attributes.extras() {
        if tag != kind::XATTR {
            continue;
        }
        let Ok(name) = CStr::from_bytes_until_nul(value) else {
            failures.add(Step::Xattrs, libc::EINVAL);
            break;
        };
        if !is_restored_xattr(name.to_bytes()) {
            failures.add(Step::SkippedXattr, 0);
            continue;
        }
        if name == CAPABILITY && !with_fcaps {
            continue;
        }
        match place.set_xattr(name, &value[name.count_bytes() + 1..]) {
            Ok(()) => {}
            Err(libc::EOPNOTSUPP) => {
                supported = false;
                failures.add(Step::NoXattrs, libc::EOPNOTSUPP);
                break;
            }
            Err(errno) => {
                failures.add(Step::Xattrs, errno);
                break;
            }
        }
    }
    if !failures.go_on() {
        return false;
    }
    if supported
        && with_fcaps
        && let Some(value) = attributes.find(kind::FCAPS)
    {
        let result = place.set_xattr(CAPABILITY, value);
        if result == Err(libc::EOPNOTSUPP) {
            failures.add(Step::NoXattrs, libc::EOPNOTSUPP);
        } else if !failures.check(Step::Fcaps, result) {
            return false;
        }
    }
    let acls = [
        (kind::ACL_ACCESS, c"system.posix_acl_access"),
        (kind::ACL_DEFAULT, c"system.posix_acl_default"),
    ];
    for (tag, name) in acls {
        if let Some(value) = attributes.find(tag)
            && !failures.check(Step::Acl, place.set_xattr(name, value))
        {
            return false;
        }
    }
    if let Some(value) = attributes.find(kind::PROJECT_ID) {
        let id = value
            .first_chunk::<4>()
            .map_or(0, |id| u32::from_le_bytes(*id));
        return failures.check(Step::ProjectId, posix::set_project_id(place.fd(), id));
    }
    true
}

/// spec: pxar.md §5.7, the filter for names.
fn is_restored_xattr(name: &[u8]) -> bool {
    name.starts_with(b"user.")
        || name.starts_with(b"trusted.")
        || name == b"security.NTACL"
        || name == b"security.capability"
}

fn tolerate(result: Result<(), Errno>, tolerated: &[Errno]) -> Result<(), Errno> {
    match result {
        Err(errno) if tolerated.contains(&errno) => Ok(()),
        other => other,
    }
}

fn set_linux_flags(fd: RawFd, archived: u32, mask: u32) -> Result<(), Errno> {
    let wanted = archived & mask;
    if wanted == 0 {
        return Ok(());
    }
    change_linux_flags(fd, wanted, mask)
}

/// Removes the attributes that are named for it.
pub fn remove_xattrs(place: Place, attributes: Attributes, failures: &mut Failures) {
    for (tag, value) in attributes.extras() {
        if tag != kind::REMOVE_XATTR {
            continue;
        }
        let Ok(name) = CString::new(value) else {
            failures.add(Step::Xattrs, libc::EINVAL);
            return;
        };
        let result = tolerate(
            place.remove_xattr(&name),
            &[libc::ENODATA, libc::EOPNOTSUPP],
        );
        failures.check(Step::Xattrs, result);
    }
}

fn change_linux_flags(fd: RawFd, wanted: u32, mask: u32) -> Result<(), Errno> {
    let current = posix::linux_flags(fd)?;
    let flags = wanted | (current & !mask);
    if flags == current {
        return Ok(());
    }
    posix::set_linux_flags(fd, flags)
}
