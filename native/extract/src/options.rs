//! How entries are restored.

pub const ALLOW_EXISTING_DIRS: u32 = 1;
pub const OVERWRITE_FILES: u32 = 2;
pub const OVERWRITE_SYMLINKS: u32 = 4;
pub const OVERWRITE_HARDLINKS: u32 = 8;
pub const IGNORE_OWNERSHIP: u32 = 16;
pub const IGNORE_PERMISSIONS: u32 = 32;
pub const IGNORE_DEVICE_ERRORS: u32 = 64;
pub const STOP_AT_FIRST_ERROR: u32 = 128;
/// Directories, devices, named pipes and sockets replace what is in their place, but no directory.
pub const OVERWRITE_OTHERS: u32 = 256;

/// Layout of `pbs_extract_options`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub flags: u32,
    /// 0: one per processor.
    pub threads: u32,
    pub linux_flags_mask: u32,
    pub initial_flags_mask: u32,
}

impl Options {
    pub fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }
}
