//! The names of one directory, sorted.

use std::cmp::Ordering;
use std::ffi::CStr;

use pbs_native_posix::read_directory;

/// One name.
#[derive(Clone, Copy)]
struct Name {
    /// The first eight bytes, big endian, so that comparing numbers compares bytes.
    prefix: u64,
    offset: u32,
    len: u16,
    d_type: u8,
}

/// Names and types of a directory's entries, by name bytes.
#[derive(Default)]
pub struct Listing {
    /// All names, each followed by NUL.
    blob: Vec<u8>,
    names: Vec<Name>,
}

/// Where `struct linux_dirent64` has its fields; `d_name` is last.
const RECLEN_AT: usize = 16;
const TYPE_AT: usize = 18;
const NAME_AT: usize = 19;

impl Listing {
    /// Number of names.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Name and `d_type` at an index.
    pub fn get(&self, index: usize) -> (&CStr, u8) {
        let name = &self.names[index];
        let start = name.offset as usize;
        let bytes = &self.blob[start..=start + name.len as usize];
        (with_nul(bytes), name.d_type)
    }

    /// Forgets the names and keeps the memory, unless that is a lot.
    pub fn clear(&mut self) {
        self.blob.clear();
        self.names.clear();
        self.blob.shrink_to(1 << 20);
        self.names.shrink_to(1 << 15);
    }

    /// Reads all names of the directory behind `fd` except `.` and `..`. After an error those are there
    /// that were read before it.
    pub fn read(&mut self, fd: i32, buffer: &mut [u8]) -> Result<(), i32> {
        self.clear();
        let result = self.read_all(fd, buffer);
        self.sort();
        result
    }

    fn read_all(&mut self, fd: i32, buffer: &mut [u8]) -> Result<(), i32> {
        loop {
            let len = match read_directory(fd, buffer) {
                Ok(len) => len,
                // The directory was removed meanwhile: it is empty.
                Err(libc::ENOENT) => 0,
                Err(error) => return Err(error),
            };
            if len == 0 {
                return Ok(());
            }
            self.take(&buffer[..len])?;
        }
    }

    fn take(&mut self, mut records: &[u8]) -> Result<(), i32> {
        while records.len() > NAME_AT {
            let record_len = u16::from_ne_bytes([records[RECLEN_AT], records[RECLEN_AT + 1]]);
            let record_len = record_len as usize;
            if record_len <= NAME_AT || record_len > records.len() {
                return Err(libc::EIO);
            }
            let name = &records[NAME_AT..record_len];
            let end = name.iter().position(|&byte| byte == 0).ok_or(libc::EIO)?;
            let name = &name[..end];
            if name != b"." && name != b".." {
                self.push(name, records[TYPE_AT])?;
            }
            records = &records[record_len..];
        }
        Ok(())
    }

    fn push(&mut self, name: &[u8], d_type: u8) -> Result<(), i32> {
        let offset = u32::try_from(self.blob.len()).map_err(|_| libc::EOVERFLOW)?;
        let mut prefix = [0u8; 8];
        let len = name.len().min(8);
        prefix[..len].copy_from_slice(&name[..len]);
        self.blob.extend_from_slice(name);
        self.blob.push(0);
        self.names.push(Name {
            prefix: u64::from_be_bytes(prefix),
            offset,
            len: name.len() as u16,
            d_type,
        });
        Ok(())
    }

    fn sort(&mut self) {
        let blob = &self.blob;
        let bytes = |name: &Name| {
            let start = name.offset as usize;
            &blob[start..start + name.len as usize]
        };
        let compare = |a: &Name, b: &Name| match a.prefix.cmp(&b.prefix) {
            Ordering::Equal => bytes(a).cmp(bytes(b)),
            other => other,
        };
        self.names.sort_unstable_by(compare);
        // Some file systems return a name twice if the directory changes meanwhile.
        self.names.dedup_by(|a, b| compare(a, b).is_eq());
    }

    #[cfg(test)]
    pub fn of(names: &[&str]) -> Self {
        let mut listing = Self::default();
        for name in names {
            listing.push(name.as_bytes(), libc::DT_REG).unwrap();
        }
        listing.sort();
        listing
    }

    /// Keeps the names a predicate accepts.
    pub fn retain(&mut self, mut keep: impl FnMut(&CStr, u8) -> bool) {
        let blob = &self.blob;
        self.names.retain(|name| {
            let start = name.offset as usize;
            let bytes = &blob[start..=start + name.len as usize];
            keep(with_nul(bytes), name.d_type)
        });
    }

    /// Whether a name is there.
    pub fn contains(&self, wanted: &[u8]) -> bool {
        let bytes = |name: &Name| {
            let start = name.offset as usize;
            &self.blob[start..start + name.len as usize]
        };
        self.names
            .binary_search_by(|name| bytes(name).cmp(wanted))
            .is_ok()
    }

    /// Whether a name is there, ASCII letters in any case.
    pub fn contains_any_case(&self, wanted: &[u8]) -> bool {
        self.names.iter().any(|name| {
            name.len as usize == wanted.len() && {
                let start = name.offset as usize;
                self.blob[start..start + wanted.len()].eq_ignore_ascii_case(wanted)
            }
        })
    }
}

fn with_nul(bytes: &[u8]) -> &CStr {
    CStr::from_bytes_with_nul(bytes).expect("the directory's records end names at the first NUL")
}

#[cfg(test)]
#[path = "listing_test.rs"]
mod tests;
