//! The records a walk delivers: little-endian 32-bit words, then bytes, padded to eight.
//!
//! The layout is documented in `pbs_capture.h`.

pub const KIND_ENTRY: u32 = 1;
pub const KIND_BEGIN: u32 = 2;
pub const KIND_END: u32 = 3;
pub const KIND_FAILED: u32 = 4;
pub const KIND_EXCLUDE_FILE: u32 = 5;

/// The entry is the root; it has no name.
pub const FLAG_ROOT: u32 = 1;
/// Extended attributes were left out because the kernel said E2BIG.
pub const FLAG_XATTRS_TOO_LARGE: u32 = 2;
/// Has extended attributes that no archive holds, by their kind.
pub const FLAG_HAS_SELINUX_LABEL: u32 = 0x100;
pub const FLAG_HAS_NFS4_ACL: u32 = 0x200;
pub const FLAG_HAS_OTHER_SECURITY: u32 = 0x400;
pub const FLAG_HAS_OTHER_XATTRS: u32 = 0x800;
/// The directory is on another file system than its parent; the walk pauses behind this record.
pub const FLAG_MOUNT_POINT: u32 = 4;

/// The call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Step {
    Stat = 1,
    Open = 2,
    Metadata = 3,
    ReadLink = 4,
    FileSystem = 5,
    ReadDirectory = 6,
    OpenExcludeFile = 7,
    ReadExcludeFile = 8,
    /// Opening a directory again in which not all entries were read yet.
    Return = 9,
}

/// Everything about one entry except its variable parts.
#[derive(Clone, Copy, Default)]
pub struct EntryHead {
    pub flags: u32,
    pub fd: i32,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub mtime_nanos: u32,
    pub mtime_secs: i64,
    pub size: u64,
    pub ino: u64,
    pub dev: u64,
    pub nlink: u32,
    pub rdev_major: u32,
    pub rdev_minor: u32,
    pub fs_flags: u32,
    pub fat_attributes: u32,
    pub project_id: u32,
    pub file_system: u32,
}

const ENTRY_WORDS: usize = 28;

fn finish(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(8), 0);
    let len = out.len() as u32;
    out[..4].copy_from_slice(&len.to_le_bytes());
}

fn words(out: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
}

/// Writes an entry. `xattrs` is `count` times: name length, value length (32 bits each), name, value.
pub fn entry(
    out: &mut Vec<u8>,
    head: &EntryHead,
    name: &[u8],
    target: &[u8],
    xattr_count: u32,
    xattrs: &[u8],
) {
    out.clear();
    out.reserve(ENTRY_WORDS * 4 + name.len() + target.len() + xattrs.len() + 8);
    let halves = |value: u64| [value as u32, (value >> 32) as u32];
    let [secs_low, secs_high] = halves(head.mtime_secs as u64);
    let [size_low, size_high] = halves(head.size);
    let [ino_low, ino_high] = halves(head.ino);
    let [dev_low, dev_high] = halves(head.dev);
    let fixed: [u32; ENTRY_WORDS] = [
        0,
        KIND_ENTRY,
        head.flags,
        0,
        0,
        head.fd as u32,
        head.mode,
        head.uid,
        head.gid,
        head.mtime_nanos,
        secs_low,
        secs_high,
        size_low,
        size_high,
        ino_low,
        ino_high,
        dev_low,
        dev_high,
        head.nlink,
        head.rdev_major,
        head.rdev_minor,
        head.fs_flags,
        head.fat_attributes,
        head.project_id,
        name.len() as u32,
        target.len() as u32,
        xattr_count,
        head.file_system,
    ];
    words(out, &fixed);
    out.extend_from_slice(name);
    out.extend_from_slice(target);
    out.extend_from_slice(xattrs);
    finish(out);
}

/// Writes that the contents of the directory delivered last begin, and how many names were listed.
pub fn begin(out: &mut Vec<u8>, count: usize) {
    out.clear();
    words(
        out,
        &[0, KIND_BEGIN, 0, u32::try_from(count).unwrap_or(u32::MAX)],
    );
    finish(out);
}

/// Writes that the innermost directory ends.
pub fn end(out: &mut Vec<u8>) {
    out.clear();
    words(out, &[0, KIND_END]);
    finish(out);
}

/// Writes that a call failed for an entry, or with an empty name for the innermost directory.
pub fn failed(out: &mut Vec<u8>, step: Step, errno: i32, name: &[u8]) {
    out.clear();
    words(
        out,
        &[
            0,
            KIND_FAILED,
            0,
            step as u32,
            errno as u32,
            name.len() as u32,
        ],
    );
    out.extend_from_slice(name);
    finish(out);
}

/// Writes the content of the innermost directory's exclude file, or why there is none.
pub fn exclude_file(out: &mut Vec<u8>, result: Result<&[u8], (Step, i32)>) {
    out.clear();
    let (step, errno, content) = match result {
        Ok(content) => (0, 0, content),
        Err((step, errno)) => (step as u32, errno, &[][..]),
    };
    words(
        out,
        &[
            0,
            KIND_EXCLUDE_FILE,
            0,
            step,
            errno as u32,
            content.len() as u32,
        ],
    );
    out.extend_from_slice(content);
    finish(out);
}
