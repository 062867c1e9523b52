use crate::failure::Failure;
use crate::pack::Pack;
use crate::table::{Kind, PackedFile};
use crate::write_files::write_files;
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

/// Descriptors that stay open are this one or above: lower ones may be meant for the program.
pub const FIRST_DESCRIPTOR: i32 = 200;

/// The files of the pack in memory, for hosts where nothing can be written.
pub struct InMemory<'pack> {
    files: Vec<(&'pack PackedFile, File)>,
}

impl<'pack> InMemory<'pack> {
    /// Unpacks what is needed there.
    pub fn unpack(pack: &'pack Pack) -> Result<Self, Failure> {
        let failed = |error| Failure::of("cannot unpack into memory", error);
        let mut files = Vec::new();
        for file in pack.table.files.iter().filter(|file| is_needed(file)) {
            let made = memfd_create(file.path.as_str(), MemfdFlags::CLOEXEC)
                .and_then(|made| fcntl_dupfd_cloexec(&made, FIRST_DESCRIPTOR));
            files.push((
                file,
                File::from(made.map_err(|error| failed(error.into()))?),
            ));
        }
        write_files(pack, &files, failed)?;
        Ok(Self { files })
    }

    /// Lets the files stay when this process becomes another program.
    pub fn keep(&self) -> Result<(), Failure> {
        for (_, file) in &self.files {
            fcntl_setfd(file, FdFlags::empty())
                .map_err(|error| Failure::of("cannot keep what is in memory", error))?;
        }
        Ok(())
    }

    /// The name that a file has for this process, whatever it becomes.
    pub fn name_of(&self, path: &str) -> PathBuf {
        let found = self.files.iter().find(|(file, _)| file.path == path);
        found.map_or_else(|| path.into(), |(_, opened)| name(opened))
    }

    /// Names of the files in a folder.
    pub fn names_below(&self, folder: &str) -> Vec<PathBuf> {
        let below = self
            .files
            .iter()
            .filter(|(file, _)| file.path.starts_with(folder));
        below.map(|(_, opened)| name(opened)).collect()
    }
}

fn name(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// The modules of the program are there once more, in one.
fn is_needed(file: &PackedFile) -> bool {
    file.kind != Kind::Plain || !file.path.starts_with("program/")
}
