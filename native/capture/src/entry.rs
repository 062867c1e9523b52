//! Opening one entry and reading its metadata.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use crate::layout::{CaptureEntry, CaptureStep as Step, feature, flag};
use crate::open::open_at;
use crate::record::Failure;
use crate::xattrs::Xattrs;
use pbs_native_posix::{self as posix, Errno, means_no_attributes, stat_at};

/// Longer than any target the kernel makes.
const TARGET_MAX: usize = 8192;

/// Metadata of an entry, and what it was read through if somebody needs that: a directory, or a file
/// that is not empty. The record has no descriptor yet.
pub type Read = (CaptureEntry, Option<OwnedFd>);

/// The buffers one entry after the other is read into.
pub struct EntryReader {
    target: Vec<u8>,
    /// Target of the symbolic link read last.
    pub target_len: usize,
    /// Attributes read last.
    pub xattrs: Xattrs,
}

/// Errors that say the entry is of another type than it was a moment ago.
fn means_other_type(error: i32) -> bool {
    matches!(
        error,
        libc::ELOOP | libc::ENOTDIR | libc::ENXIO | libc::ENODEV
    )
}

fn head_from(stat: &libc::stat) -> CaptureEntry {
    CaptureEntry {
        descriptor: -1,
        mode: stat.st_mode,
        uid: stat.st_uid,
        gid: stat.st_gid,
        mtime_nanos: stat.st_mtime_nsec as u32,
        mtime_secs: stat.st_mtime,
        size: stat.st_size as u64,
        inode: stat.st_ino,
        device: stat.st_dev,
        links: u32::try_from(stat.st_nlink).unwrap_or(u32::MAX),
        rdev_major: libc::major(stat.st_rdev),
        rdev_minor: libc::minor(stat.st_rdev),
        ..CaptureEntry::default()
    }
}

/// What an attribute is that not every file system knows: 0 where it is not known.
fn tolerate(result: Result<u32, Errno>) -> Result<u32, Failure> {
    match result {
        Err(error) if means_no_attributes(error) => Ok(0),
        result => result.map_err(|error| (Step::Metadata, error)),
    }
}

impl EntryReader {
    pub fn new() -> Self {
        Self {
            target: vec![0; TARGET_MAX],
            target_len: 0,
            xattrs: Xattrs::new(),
        }
    }

    /// Target of the symbolic link read last, empty if it was none.
    pub fn target(&self) -> &[u8] {
        &self.target[..self.target_len]
    }

    /// Opens an entry and reads its metadata. Directories and files that are not empty come with an
    /// open descriptor. `d_type` is what the listing said. Features that the file system turns out
    /// not to support are removed.
    pub fn read(
        &mut self,
        dir: RawFd,
        name: &CStr,
        d_type: u8,
        features: &mut u32,
    ) -> Result<Read, Failure> {
        self.clear();
        let trusted = match d_type {
            libc::DT_REG => libc::S_IFREG,
            libc::DT_DIR => libc::S_IFDIR,
            _ => return self.read_by_stat(dir, name, features),
        };
        match self.open_and_read(dir, name, trusted, features) {
            // The type may differ for good: something can be mounted on a file.
            Ok(None) => self.read_by_stat(dir, name, features),
            Err((Step::Open, error)) if means_other_type(error) => {
                self.read_by_stat(dir, name, features)
            }
            Ok(Some(read)) => Ok(read),
            Err((Step::Open, libc::EACCES)) => match stat_at(dir, name) {
                Err(error) => Err((Step::Stat, error)),
                Ok(_) => Err((Step::Open, libc::EACCES)),
            },
            Err(failure) => Err(failure),
        }
    }

    /// Forgets what was read last.
    pub fn clear(&mut self) {
        self.target_len = 0;
        self.xattrs.clear();
    }

    fn read_by_stat(
        &mut self,
        dir: RawFd,
        name: &CStr,
        features: &mut u32,
    ) -> Result<Read, Failure> {
        let stat = stat_at(dir, name).map_err(|error| (Step::Stat, error))?;
        match stat.st_mode & libc::S_IFMT {
            file_type @ (libc::S_IFREG | libc::S_IFDIR) => {
                self.clear();
                match self.open_and_read(dir, name, file_type, features) {
                    Ok(read) => read.ok_or((Step::Open, libc::ENOENT)),
                    Err((Step::Open, error)) if means_other_type(error) => {
                        let changed = stat_at(dir, name)
                            .map_or(true, |now| now.st_mode & libc::S_IFMT != file_type);
                        Err((Step::Open, if changed { libc::ENOENT } else { error }))
                    }
                    Err(failure) => Err(failure),
                }
            }
            libc::S_IFLNK => {
                self.read_target(dir, name)?;
                Ok((head_from(&stat), None))
            }
            _ => Ok((head_from(&stat), None)),
        }
    }

    fn read_target(&mut self, dir: RawFd, name: &CStr) -> Result<(), Failure> {
        match posix::read_link(dir, name, &mut self.target) {
            Ok(TARGET_MAX) => Err((Step::ReadLink, libc::ENAMETOOLONG)),
            Ok(len) => {
                self.target_len = len;
                Ok(())
            }
            // No link any more: it vanished.
            Err(libc::EINVAL) => Err((Step::ReadLink, libc::ENOENT)),
            Err(error) => Err((Step::ReadLink, error)),
        }
    }

    /// `None` if the entry is not of the expected type.
    fn open_and_read(
        &mut self,
        dir: RawFd,
        name: &CStr,
        file_type: libc::mode_t,
        features: &mut u32,
    ) -> Result<Option<Read>, Failure> {
        let only = if file_type == libc::S_IFDIR {
            libc::O_DIRECTORY
        } else {
            0
        };
        let opened = open_at(dir, name, libc::O_NOFOLLOW | only);
        let fd = opened.map_err(|error| (Step::Open, error))?;
        let head = self.read_open(fd.as_raw_fd(), Some(file_type), features)?;
        Ok(head.map(|head| {
            let needed = file_type == libc::S_IFDIR || head.size > 0;
            (head, needed.then_some(fd))
        }))
    }

    /// Reads the metadata behind a descriptor; `None` if it is not of the expected type.
    pub fn read_open(
        &mut self,
        fd: RawFd,
        file_type: Option<libc::mode_t>,
        features: &mut u32,
    ) -> Result<Option<CaptureEntry>, Failure> {
        let stat = posix::stat(fd).map_err(|error| (Step::Metadata, error))?;
        let actual = stat.st_mode & libc::S_IFMT;
        if file_type.is_some_and(|expected| expected != actual) {
            return Ok(None);
        }
        let mut head = head_from(&stat);
        if *features & feature::XATTRS != 0 && !self.xattrs.read(fd, features)? {
            head.flags |= flag::XATTRS_TOO_LARGE;
        }
        head.flags |= self.xattrs.left_out;
        head.fs_flags = tolerate(posix::linux_flags(fd))?;
        if *features & feature::FAT_ATTRIBUTES != 0 {
            head.fat_attributes = tolerate(posix::fat_attributes(fd))?;
        }
        if *features & feature::PROJECT_ID != 0 {
            head.project_id = tolerate(posix::project_id(fd))?;
        }
        Ok(Some(head))
    }

    /// Reads a directory that was opened and turned out to be a mount point again, now with the
    /// features wanted on any file system.
    pub fn read_mount_point(
        &mut self,
        fd: RawFd,
        mut features: u32,
    ) -> Result<CaptureEntry, Failure> {
        self.clear();
        let file_system = posix::file_system(fd).map_err(|error| (Step::FileSystem, error))?;
        let head = self.read_open(fd, Some(libc::S_IFDIR), &mut features)?;
        let head = head.ok_or((Step::Metadata, libc::ENOTDIR))?;
        Ok(CaptureEntry {
            flags: head.flags | flag::MOUNT_POINT,
            file_system,
            ..head
        })
    }
}

#[cfg(test)]
#[path = "entry_test.rs"]
mod tests;
