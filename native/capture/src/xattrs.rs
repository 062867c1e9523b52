//! Extended attributes of an open descriptor.

use std::ffi::CStr;

use crate::layout::{CaptureStep as Step, CaptureXattr, feature, flag};
use crate::record::Failure;
use pbs_native_interface::Record;
use pbs_native_posix::{Errno, get_xattr, list_xattrs};

/// The kernel limits lists and values to this.
const XATTR_MAX: usize = 65536;
const XATTR_NAME_MAX: usize = 255;
/// First try: the kernel allocates as much as it is offered, which costs more than the rest.
const XATTR_USUAL: usize = 512;

/// The attributes read last, and the buffers to read more.
pub struct Xattrs {
    list: Vec<u8>,
    value: Vec<u8>,
    /// As a record has them.
    pub packed: Vec<u8>,
    pub count: u32,
    /// Flags of a record for those that no archive holds.
    pub left_out: u32,
}

impl Xattrs {
    pub fn new() -> Self {
        Self {
            list: vec![0; XATTR_MAX],
            value: vec![0; XATTR_MAX],
            packed: Vec::new(),
            count: 0,
            left_out: 0,
        }
    }

    /// Forgets what was read last.
    pub fn clear(&mut self) {
        self.count = 0;
        self.left_out = 0;
        self.packed.clear();
    }

    /// `false` if the kernel refuses because there is too much.
    pub fn read(&mut self, fd: i32, features: &mut u32) -> Result<bool, Failure> {
        let mut list = std::mem::take(&mut self.list);
        let len = with_growing_buffer(&mut list, |buffer| list_xattrs(fd, buffer));
        let result = self.read_listed(fd, len.map(|len| &list[..len]), features);
        self.list = list;
        result
    }

    fn read_listed(
        &mut self,
        fd: i32,
        list: Result<&[u8], Errno>,
        features: &mut u32,
    ) -> Result<bool, Failure> {
        match list {
            Ok(list) => self.read_values(fd, list, features),
            Err(libc::EOPNOTSUPP) => {
                *features &= !feature::XATTRS;
                Ok(true)
            }
            Err(libc::EBADF) => Ok(true),
            Err(libc::E2BIG) => Ok(false),
            Err(error) => Err((Step::Metadata, error)),
        }
    }

    fn read_values(&mut self, fd: i32, list: &[u8], features: &mut u32) -> Result<bool, Failure> {
        for name in list.split_inclusive(|&byte| byte == 0) {
            let Ok(name) = CStr::from_bytes_with_nul(name) else {
                continue;
            };
            let bytes = name.to_bytes();
            let needed = feature_for(bytes);
            if needed == 0 {
                self.left_out |= flag_for(bytes);
            }
            if bytes.len() > XATTR_NAME_MAX || *features & needed == 0 {
                continue;
            }
            let value = &mut self.value;
            match with_growing_buffer(value, |buffer| get_xattr(fd, name, buffer)) {
                Ok(len) => {
                    self.count += 1;
                    let head = CaptureXattr {
                        name_length: bytes.len() as u32,
                        value_length: len as u32,
                    };
                    self.packed.extend_from_slice(head.as_bytes());
                    self.packed.extend_from_slice(bytes);
                    self.packed.extend_from_slice(&self.value[..len]);
                }
                Err(libc::ENODATA | libc::EBADF) => {}
                Err(libc::EOPNOTSUPP) if needed != feature::XATTRS => *features &= !needed,
                Err(libc::EOPNOTSUPP) => {}
                Err(libc::E2BIG | libc::ERANGE) => return Ok(false),
                Err(error) => return Err((Step::Metadata, error)),
            }
        }
        Ok(true)
    }
}

/// Calls with as much room as is usually needed, and with all there is if that is not enough.
fn with_growing_buffer(
    buffer: &mut [u8],
    call: impl Fn(&mut [u8]) -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    match call(&mut buffer[..XATTR_USUAL]) {
        Err(libc::ERANGE) => call(buffer),
        result => result,
    }
}

/// The feature an attribute belongs to, 0 for those no archive keeps.
fn feature_for(name: &[u8]) -> u32 {
    match name {
        b"security.capability" => feature::FCAPS,
        b"system.posix_acl_access" | b"system.posix_acl_default" => feature::ACL,
        b"security.NTACL" => feature::XATTRS,
        _ if name.starts_with(b"user.") || name.starts_with(b"trusted.") => feature::XATTRS,
        _ => 0,
    }
}

/// What a record says of an attribute that no archive holds.
fn flag_for(name: &[u8]) -> u32 {
    match name {
        b"security.selinux" => flag::HAS_SELINUX_LABEL,
        _ if name.starts_with(b"system.nfs4_") => flag::HAS_NFS4_ACL,
        _ if name.starts_with(b"security.") => flag::HAS_OTHER_SECURITY,
        _ => flag::HAS_OTHER_XATTRS,
    }
}

#[cfg(test)]
#[path = "xattrs_test.rs"]
mod tests;
