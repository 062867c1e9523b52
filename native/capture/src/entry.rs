//! Opening one entry and reading its metadata.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use crate::errno::{check, check_len};
use crate::record::{EntryHead, FLAG_XATTRS_TOO_LARGE, Step};

/// Which metadata to read; a walk holds one set per file system.
pub const FEATURE_XATTRS: u32 = 1;
pub const FEATURE_ACL: u32 = 2;
pub const FEATURE_FCAPS: u32 = 4;
pub const FEATURE_PROJECT_ID: u32 = 8;
pub const FEATURE_FAT_ATTRIBUTES: u32 = 16;

const FS_IOC_GETFLAGS: libc::c_ulong = 0x8008_6601;
const FAT_IOCTL_GET_ATTRIBUTES: libc::c_ulong = 0x8004_7210;
const FS_IOC_FSGETXATTR: libc::c_ulong = 0x801c_581f;

/// The kernel limits lists and values of extended attributes to this.
const XATTR_MAX: usize = 65536;
const XATTR_NAME_MAX: usize = 255;
/// First try: the kernel allocates as much as it is offered, which costs more than the rest.
const XATTR_USUAL: usize = 512;
/// Longer than any target the kernel makes.
const TARGET_MAX: usize = 8192;

/// A failed call, and at which step.
pub type Failure = (Step, i32);

/// The buffers one entry after the other is read into.
pub struct EntryReader {
    list: Vec<u8>,
    value: Vec<u8>,
    target: Vec<u8>,
    /// Target of the symbolic link read last.
    pub target_len: usize,
    /// Attributes read last, as a record has them.
    pub xattrs: Vec<u8>,
    pub xattr_count: u32,
}

/// `openat` for reading, without changing the access time where that is allowed.
pub fn open_at(dir: i32, name: &CStr, flags: i32) -> Result<i32, i32> {
    let base = libc::O_RDONLY | libc::O_CLOEXEC | libc::O_NOCTTY;
    let open = |flags: i32| loop {
        match check(unsafe { libc::openat(dir, name.as_ptr(), flags) }) {
            Err(libc::EINTR) => continue,
            other => return other,
        }
    };
    // A fifo put in place of a file must not block.
    let careful = base | flags | libc::O_NONBLOCK;
    match open(careful | libc::O_NOATIME) {
        Err(libc::EPERM) => open(careful),
        // Somebody holds a lease on the file: wait until it is given back.
        Err(libc::EAGAIN) if is_regular(dir, name) => open(base | flags),
        other => other,
    }
}

fn is_regular(dir: i32, name: &CStr) -> bool {
    stat_at(dir, name).is_ok_and(|stat| stat.st_mode & libc::S_IFMT == libc::S_IFREG)
}

fn stat_at(dir: i32, name: &CStr) -> Result<libc::stat, i32> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    check(unsafe {
        libc::fstatat(
            dir,
            name.as_ptr(),
            stat.as_mut_ptr(),
            libc::AT_SYMLINK_NOFOLLOW,
        )
    })?;
    Ok(unsafe { stat.assume_init() })
}

fn stat_fd(fd: i32) -> Result<libc::stat, i32> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    check(unsafe { libc::fstat(fd, stat.as_mut_ptr()) })?;
    Ok(unsafe { stat.assume_init() })
}

/// `f_type` as 32 unsigned bits.
pub fn file_system(fd: i32) -> Result<u32, i32> {
    let mut info = MaybeUninit::<libc::statfs>::uninit();
    loop {
        match check(unsafe { libc::fstatfs(fd, info.as_mut_ptr()) }) {
            Err(libc::EINTR) => continue,
            Err(error) => return Err(error),
            Ok(_) => return Ok(unsafe { info.assume_init() }.f_type as u32),
        }
    }
}

/// Whether an entry is a directory, asked for where the listing does not tell.
pub fn is_directory(dir: i32, name: &CStr) -> Result<bool, i32> {
    Ok(stat_at(dir, name)?.st_mode & libc::S_IFMT == libc::S_IFDIR)
}

/// Errors that say the entry is of another type than it was a moment ago.
fn means_other_type(error: i32) -> bool {
    matches!(
        error,
        libc::ELOOP | libc::ENOTDIR | libc::ENXIO | libc::ENODEV
    )
}

fn head_from(stat: &libc::stat) -> EntryHead {
    EntryHead {
        fd: -1,
        mode: stat.st_mode,
        uid: stat.st_uid,
        gid: stat.st_gid,
        mtime_nanos: stat.st_mtime_nsec as u32,
        mtime_secs: stat.st_mtime,
        size: stat.st_size as u64,
        ino: stat.st_ino,
        dev: stat.st_dev,
        nlink: u32::try_from(stat.st_nlink).unwrap_or(u32::MAX),
        rdev_major: libc::major(stat.st_rdev),
        rdev_minor: libc::minor(stat.st_rdev),
        ..EntryHead::default()
    }
}

/// The value behind an ioctl that not every file system knows.
fn tolerate(result: libc::c_int) -> Result<bool, Failure> {
    match check(result) {
        Ok(_) => Ok(true),
        Err(libc::ENOTTY | libc::ENOSYS | libc::EBADF | libc::EOPNOTSUPP | libc::EINVAL) => {
            Ok(false)
        }
        Err(error) => Err((Step::Metadata, error)),
    }
}

impl EntryReader {
    pub fn new() -> Self {
        Self {
            list: vec![0; XATTR_MAX],
            value: vec![0; XATTR_MAX],
            target: vec![0; TARGET_MAX],
            target_len: 0,
            xattrs: Vec::new(),
            xattr_count: 0,
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
        dir: i32,
        name: &CStr,
        d_type: u8,
        features: &mut u32,
    ) -> Result<EntryHead, Failure> {
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
            Ok(Some(head)) => Ok(head),
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
        self.xattr_count = 0;
        self.xattrs.clear();
    }

    fn read_by_stat(
        &mut self,
        dir: i32,
        name: &CStr,
        features: &mut u32,
    ) -> Result<EntryHead, Failure> {
        let stat = stat_at(dir, name).map_err(|error| (Step::Stat, error))?;
        match stat.st_mode & libc::S_IFMT {
            file_type @ (libc::S_IFREG | libc::S_IFDIR) => {
                self.clear();
                match self.open_and_read(dir, name, file_type, features) {
                    Ok(head) => head.ok_or((Step::Open, libc::ENOENT)),
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
                Ok(head_from(&stat))
            }
            _ => Ok(head_from(&stat)),
        }
    }

    fn read_target(&mut self, dir: i32, name: &CStr) -> Result<(), Failure> {
        let len = unsafe {
            libc::readlinkat(
                dir,
                name.as_ptr(),
                self.target.as_mut_ptr().cast(),
                TARGET_MAX,
            )
        };
        match check_len(len) {
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
        dir: i32,
        name: &CStr,
        file_type: libc::mode_t,
        features: &mut u32,
    ) -> Result<Option<EntryHead>, Failure> {
        let only = if file_type == libc::S_IFDIR {
            libc::O_DIRECTORY
        } else {
            0
        };
        let fd = match open_at(dir, name, libc::O_NOFOLLOW | only) {
            Ok(fd) => fd,
            Err(error) => return Err((Step::Open, error)),
        };
        let result = self.read_open(fd, Some(file_type), features);
        let keep = matches!(&result, Ok(Some(head)) if head.fd >= 0);
        if !keep {
            unsafe { libc::close(fd) };
        }
        result
    }

    /// Reads the metadata behind a descriptor; `None` if it is not of the expected type.
    pub fn read_open(
        &mut self,
        fd: i32,
        file_type: Option<libc::mode_t>,
        features: &mut u32,
    ) -> Result<Option<EntryHead>, Failure> {
        let stat = stat_fd(fd).map_err(|error| (Step::Metadata, error))?;
        let actual = stat.st_mode & libc::S_IFMT;
        if file_type.is_some_and(|expected| expected != actual) {
            return Ok(None);
        }
        let mut head = head_from(&stat);
        if *features & FEATURE_XATTRS != 0 && !self.read_xattrs(fd, features)? {
            head.flags |= FLAG_XATTRS_TOO_LARGE;
        }
        // The kernel writes 32 bits although the request number says otherwise.
        let mut flags: libc::c_ulong = 0;
        if tolerate(unsafe { libc::ioctl(fd, FS_IOC_GETFLAGS as _, &mut flags) })? {
            head.fs_flags = (flags & 0xffff_ffff) as u32;
        }
        if *features & FEATURE_FAT_ATTRIBUTES != 0 {
            let mut attributes: u32 = 0;
            if tolerate(unsafe { libc::ioctl(fd, FAT_IOCTL_GET_ATTRIBUTES as _, &mut attributes) })?
            {
                head.fat_attributes = attributes;
            }
        }
        if *features & FEATURE_PROJECT_ID != 0 {
            // u32 xflags, extsize, nextents, projid, cowextsize, 8 bytes of padding.
            let mut attributes = [0u32; 7];
            let result =
                unsafe { libc::ioctl(fd, FS_IOC_FSGETXATTR as _, attributes.as_mut_ptr()) };
            if tolerate(result)? {
                head.project_id = attributes[3];
            }
        }
        if actual == libc::S_IFDIR || head.size > 0 {
            head.fd = fd;
        }
        Ok(Some(head))
    }

    /// `false` if the kernel refuses because there is too much.
    fn read_xattrs(&mut self, fd: i32, features: &mut u32) -> Result<bool, Failure> {
        let buffer = self.list.as_mut_ptr().cast();
        let result = with_growing_buffer(|len| unsafe { libc::flistxattr(fd, buffer, len) });
        let len = match result {
            Ok(0) => return Ok(true),
            Ok(len) => len,
            Err(libc::EOPNOTSUPP) => {
                *features &= !FEATURE_XATTRS;
                return Ok(true);
            }
            Err(libc::EBADF) => return Ok(true),
            Err(libc::E2BIG) => return Ok(false),
            Err(error) => return Err((Step::Metadata, error)),
        };
        let list = std::mem::take(&mut self.list);
        let result = self.read_values(fd, &list[..len], features);
        self.list = list;
        result
    }

    fn read_values(&mut self, fd: i32, list: &[u8], features: &mut u32) -> Result<bool, Failure> {
        for name in list.split_inclusive(|&byte| byte == 0) {
            let Ok(name) = CStr::from_bytes_with_nul(name) else {
                continue;
            };
            let bytes = name.to_bytes();
            let needed = feature_for(bytes);
            if bytes.len() > XATTR_NAME_MAX || *features & needed == 0 {
                continue;
            }
            let value = self.value.as_mut_ptr().cast();
            let result = with_growing_buffer(|len| unsafe {
                libc::fgetxattr(fd, name.as_ptr(), value, len)
            });
            match result {
                Ok(len) => {
                    self.xattr_count += 1;
                    self.xattrs
                        .extend_from_slice(&(bytes.len() as u32).to_le_bytes());
                    self.xattrs.extend_from_slice(&(len as u32).to_le_bytes());
                    self.xattrs.extend_from_slice(bytes);
                    self.xattrs.extend_from_slice(&self.value[..len]);
                }
                Err(libc::ENODATA | libc::EBADF) => {}
                Err(libc::EOPNOTSUPP) if needed != FEATURE_XATTRS => *features &= !needed,
                Err(libc::EOPNOTSUPP) => {}
                Err(libc::E2BIG | libc::ERANGE) => return Ok(false),
                Err(error) => return Err((Step::Metadata, error)),
            }
        }
        Ok(true)
    }
}

/// Calls with the usual length, and with the largest one if that is not enough.
fn with_growing_buffer(call: impl Fn(usize) -> isize) -> Result<usize, i32> {
    match check_len(call(XATTR_USUAL)) {
        Err(libc::ERANGE) => check_len(call(XATTR_MAX)),
        result => result,
    }
}

/// The feature an attribute belongs to, 0 for those no archive keeps.
fn feature_for(name: &[u8]) -> u32 {
    match name {
        b"security.capability" => FEATURE_FCAPS,
        b"system.posix_acl_access" | b"system.posix_acl_default" => FEATURE_ACL,
        b"security.NTACL" => FEATURE_XATTRS,
        _ if name.starts_with(b"user.") || name.starts_with(b"trusted.") => FEATURE_XATTRS,
        _ => 0,
    }
}
