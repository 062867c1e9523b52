//! What crosses the interface of this crate, and how it is laid out.

use pbs_native_interface::{Table, record, values};

values! {
    /// Bits of the options' flags.
    mod flag, ExtractFlag: u32 {
        ALLOW_EXISTING_DIRS = 1,
        OVERWRITE_FILES = 2,
        OVERWRITE_SYMLINKS = 4,
        OVERWRITE_HARDLINKS = 8,
        IGNORE_OWNERSHIP = 16,
        IGNORE_PERMISSIONS = 32,
        IGNORE_DEVICE_ERRORS = 64,
        STOP_AT_FIRST_ERROR = 128,
        /// Directories, devices, named pipes and sockets replace what is in their place, but no
        /// directory.
        OVERWRITE_OTHERS = 256,
        /// Replaces, where that is allowed, at once, by renaming; flags that forbid it are taken away,
        /// and directories that exist get exactly the metadata of the archive.
        REPLACE = 512,
    }
}

record! {
    Words
    /// How entries are restored.
    ExtractOptions {
        /// Of `ExtractFlag`.
        flags: u32,
        /// Worker threads; 0 for one per processor.
        threads: u32,
        /// Attribute flags that may be changed.
        linux_flags_mask: u32,
        /// Those of them that are set before the data is written.
        initial_flags_mask: u32,
    }
}

impl ExtractOptions {
    pub fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }
}

values! {
    /// Operations of commands.
    mod op, ExtractOp: u8 {
        /// Metadata of the root.
        ROOT = 1,
        ENTER = 2,
        /// Leaves a directory (bare).
        LEAVE = 3,
        /// A complete file.
        FILE = 4,
        FILE_BEGIN = 5,
        FILE_PIECES = 6,
        /// Ends the file that has begun (bare).
        FILE_END = 7,
        SYMLINK = 8,
        HARDLINK = 9,
        /// A device, named pipe or socket, as the mode says.
        NODE = 10,
        /// Gives up the file that has begun: it is unlinked (bare).
        FILE_DROP = 11,
        /// Removes what is at a path below the directory, which is the target: a directory, if the
        /// mode says so, only if it is empty.
        REMOVE = 12,
        /// Metadata of an entry that exists; no directory.
        MEND = 13,
    }
}

record! {
    Words
    /// A command without more, and the start of every other one.
    ExtractBare {
        /// Of the whole command in bytes, a multiple of 8.
        length: u32,
        /// One of `ExtractOp`, and the length of the name shifted by 16 bits.
        op: u32,
    }
}

record! {
    Words
    /// A command with metadata. Name, NUL and padding to 4 follow; extras; pieces, or link target,
    /// NUL and padding to 4.
    ExtractEntry {
        length: u32,
        op: u32,
        mode: u32,
        uid: u32,
        gid: u32,
        mtime_nanos: u32,
        mtime_secs: i64,
        /// Size of a file (low, high), or major and minor number of a device.
        number: [u32; 2],
        extras_length: u32,
        /// Number of pieces of a file, or length of the target of a link.
        count: u32,
    }
}

record! {
    Words
    /// More pieces of the file that has begun; they follow.
    ExtractPieces {
        length: u32,
        op: u32,
        count: u32,
        reserved: u32,
    }
}

record! {
    Words
    /// Place of bytes of a file.
    ExtractPiece {
        /// Number of a chunk, or one of `PieceChunk`.
        chunk: u32,
        offset: u32,
        length: u32,
    }
}

values! {
    /// Numbers of chunks that are none.
    mod piece_chunk, PieceChunk: u32 {
        /// The bytes follow, padded to 4.
        INLINE = 0xffff_ffff,
    }
}

values! {
    /// Contents of an extra. An extra starts with this number and its length shifted by 8 bits, in 32
    /// bits; the bytes follow, padded to 4.
    mod tag, ExtractTag: u8 {
        /// Name, NUL, value.
        XATTR = 1,
        /// Value of the attribute.
        FCAPS = 2,
        /// Value of the attribute.
        ACL_ACCESS = 3,
        /// Value of the attribute.
        ACL_DEFAULT = 4,
        /// 32 bits.
        PROJECT_ID = 5,
        /// 32 bits of `FS_IOC_SETFLAGS`, 32 bits of `FAT_IOCTL_SET_ATTRIBUTES`.
        FLAGS = 6,
        /// Name of an attribute that an entry that exists must not have.
        REMOVE_XATTR = 7,
    }
}

values! {
    /// The step that failed, or what is worth knowing.
    enum ExtractStep: u8 {
        Create = 0,
        Open = 1,
        Write = 2,
        InitialFlags = 3,
        Ownership = 4,
        Xattrs = 5,
        Fcaps = 6,
        Acl = 7,
        ProjectId = 8,
        Permissions = 9,
        Time = 10,
        Flags = 11,
        FatAttributes = 12,
        LinkTarget = 13,
        /// No error: an extended attribute that is not restored.
        SkippedXattr = 14,
        /// The file is not complete and could not be unlinked.
        Remove = 15,
        /// No error: set-id bits or file capabilities of an owner that the entry has not got.
        DroppedPrivileges = 16,
        /// No error: the file system has no extended attributes. The first one is reported.
        NoXattrs = 17,
        /// No error: the file system has no attribute flags, or not these. The first one is reported.
        NoFlags = 18,
        /// No error: a device whose failure is to be ignored. The first one is reported.
        SkippedDevice = 19,
        CreateDevice = 20,
        /// Removal of an entry that the archive does not have.
        Delete = 21,
    }
}

record! {
    Bytes
    /// Start of a report. The tokens, 32 bits each, and the errors follow.
    ExtractReport {
        tokens: u32,
        errors: u32,
        /// Errors there was no room for.
        lost: u32,
        /// Jobs that are not finished.
        under_way: u32,
    }
}

record! {
    Bytes
    /// An error; the path below the root follows, padded to 4.
    ExtractError {
        errno: u32,
        /// One of `ExtractStep`.
        step: u8,
        reserved: u8,
        path_length: u16,
    }
}

record! {
    Bytes
    /// Counters of what was made.
    ExtractCounters {
        files: u64,
        directories: u64,
        symlinks: u64,
        hardlinks: u64,
        nodes: u64,
        bytes: u64,
        errors: u64,
        /// Entries whose extended attributes the file system does not have.
        without_xattrs: u64,
        /// Entries whose attribute flags the file system does not have.
        without_flags: u64,
        skipped_devices: u64,
    }
}

/// All of them.
pub const TABLES: &[Table] = &[
    flag::TABLE,
    ExtractOptions::TABLE,
    op::TABLE,
    ExtractBare::TABLE,
    ExtractEntry::TABLE,
    ExtractPieces::TABLE,
    ExtractPiece::TABLE,
    piece_chunk::TABLE,
    tag::TABLE,
    ExtractStep::TABLE,
    ExtractReport::TABLE,
    ExtractError::TABLE,
    ExtractCounters::TABLE,
];
