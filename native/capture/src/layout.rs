//! What crosses the interface of this crate, and how it is laid out.

use pbs_native_interface::{Table, record, values};

values! {
    /// Metadata to read of an entry, as bits; chosen per file system.
    mod feature, CaptureFeature: u32 {
        /// `user.*`, `trusted.*`, `security.NTACL`.
        XATTRS = 1,
        /// `system.posix_acl_access`, `system.posix_acl_default`.
        ACL = 2,
        /// `security.capability`.
        FCAPS = 4,
        /// Of `FS_IOC_FSGETXATTR`.
        PROJECT_ID = 8,
        /// Of `FAT_IOCTL_GET_ATTRIBUTES`.
        FAT_ATTRIBUTES = 16,
    }
}

values! {
    /// State of a walk.
    mod state, CaptureState: u32 {
        /// Call again.
        RUNNING = 0,
        /// The last record asks for a decision.
        PAUSED = 1,
        COMPLETE = 2,
    }
}

record! {
    Words
    /// Status that a call reports beside its records.
    CaptureStatus {
        /// One of `CaptureState`.
        state: u32,
        /// Descriptors in the records of this call, the caller's to close.
        open_files: u32,
        /// Smallest buffer that holds the next record; 0 if none is waiting.
        needed: u64,
    }
}

values! {
    /// Kinds of records.
    mod kind, CaptureKind: u32 {
        ENTRY = 1,
        /// The contents of the directory delivered last follow.
        BEGIN = 2,
        /// The innermost directory ends.
        END = 3,
        /// A call failed; the name is empty for the innermost directory itself.
        FAILED = 4,
        /// The content of an exclude file. The walk pauses after it and the marks.
        EXCLUDE_FILE = 5,
        /// A name that is watched, and its content. The walk pauses after all of them.
        MARK = 6,
    }
}

values! {
    /// Bits of an entry's flags.
    mod flag, CaptureFlag: u32 {
        /// The entry is the root; it has no name.
        ROOT = 1,
        /// Extended attributes were left out because the kernel said E2BIG.
        XATTRS_TOO_LARGE = 2,
        /// The directory is on another file system than its parent. The walk pauses after it.
        MOUNT_POINT = 4,
        /// Has an extended attribute that no archive holds: the label of SELinux.
        HAS_SELINUX_LABEL = 0x100,
        /// The same: an access control list of NFS 4.
        HAS_NFS4_ACL = 0x200,
        /// The same: another one of `security.*`.
        HAS_OTHER_SECURITY = 0x400,
        /// The same: any other one.
        HAS_OTHER_XATTRS = 0x800,
    }
}

values! {
    /// The call that failed.
    enum CaptureStep: u32 {
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
}

record! {
    Words
    /// An entry; name, symlink target and extended attributes follow.
    CaptureEntry {
        /// Of the whole record in bytes, a multiple of 8.
        length: u32,
        kind: u32,
        /// Of `CaptureFlag`.
        flags: u32,
        reserved: [u32; 2],
        /// Open for reading if the entry is a file that is not empty, else -1.
        descriptor: i32,
        mode: u32,
        uid: u32,
        gid: u32,
        mtime_nanos: u32,
        mtime_secs: i64,
        size: u64,
        inode: u64,
        device: u64,
        links: u32,
        rdev_major: u32,
        rdev_minor: u32,
        /// Of `FS_IOC_GETFLAGS`.
        fs_flags: u32,
        fat_attributes: u32,
        project_id: u32,
        name_length: u32,
        target_length: u32,
        xattr_count: u32,
        /// `f_type` of a mount point.
        file_system: u32,
    }
}

record! {
    Bytes
    /// An extended attribute of an entry; name and value follow, without padding.
    CaptureXattr {
        name_length: u32,
        value_length: u32,
    }
}

record! {
    Words
    /// The contents of the directory delivered last begin.
    CaptureBegin {
        length: u32,
        kind: u32,
        reserved: u32,
        /// How many names were listed.
        count: u32,
    }
}

record! {
    Words
    /// The innermost directory ends.
    CaptureEnd {
        length: u32,
        kind: u32,
    }
}

record! {
    Words
    /// A call that failed, or an exclude file; name or content follow.
    CaptureFailure {
        length: u32,
        kind: u32,
        reserved: u32,
        /// One of `CaptureStep`; 0 for an exclude file that was read.
        step: u32,
        errno: u32,
        text_length: u32,
    }
}

values! {
    /// Kinds of what is told of a name that is watched.
    mod mark_kind, MarkKind: u32 {
        /// That it is there, whatever it is.
        NAME = 0,
        /// The first bytes of a regular file.
        HEAD = 1,
        /// All of a regular file.
        CONTENT = 2,
    }
}

record! {
    Words
    /// A name that is watched is there; content follows.
    CaptureMark {
        length: u32,
        kind: u32,
        /// Which one of those that are watched.
        index: u32,
        /// One of `CaptureStep`; 0 if it could be read.
        step: u32,
        /// EINVAL for what is no regular file.
        errno: u32,
        text_length: u32,
    }
}

values! {
    /// Bits of a match entry's flags.
    mod match_flag, MatchFlag: u32 {
        INCLUDE = 1,
        ANCHORED = 2,
        DIRECTORIES_ONLY = 4,
    }
}

values! {
    /// Kinds of components a glob pattern consists of.
    mod glob_kind, GlobKind: u32 {
        /// These bytes.
        LITERAL = 0,
        /// `?`
        ANY_BYTE = 1,
        /// `*`
        STAR = 2,
        /// `**` between slashes; what follows, if anything, is a literal that begins with a slash.
        STAR_STAR = 3,
        /// `[...]`: 32 bytes, a bit per member.
        CLASS = 4,
    }
}

/// All of them.
pub const TABLES: &[Table] = &[
    feature::TABLE,
    state::TABLE,
    CaptureStatus::TABLE,
    kind::TABLE,
    flag::TABLE,
    CaptureStep::TABLE,
    CaptureEntry::TABLE,
    CaptureXattr::TABLE,
    CaptureBegin::TABLE,
    CaptureEnd::TABLE,
    CaptureFailure::TABLE,
    mark_kind::TABLE,
    CaptureMark::TABLE,
    match_flag::TABLE,
    glob_kind::TABLE,
];
