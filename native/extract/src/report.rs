//! What could not be done, and where.

use crate::sys::Errno;

/// The step that failed. The numbers are part of the ABI (`lib/fs/_extract_reports.ts`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
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
}

impl Step {
    /// Whether the entry is not there, or not complete.
    pub fn is_loss(self) -> bool {
        matches!(self, Step::Create | Step::Open | Step::Write | Step::Remove)
    }

    /// Whether this is only worth knowing.
    pub fn is_note(self) -> bool {
        use Step::*;
        matches!(
            self,
            SkippedXattr | DroppedPrivileges | NoXattrs | NoFlags | SkippedDevice
        )
    }
}

/// One failure, or note, with the path below the root.
pub struct Record {
    pub path: Vec<u8>,
    pub step: Step,
    pub errno: Errno,
}

/// The failures of one entry. Empty, and without allocation, in the common case.
#[derive(Default)]
pub struct Failures {
    pub list: Vec<(Step, Errno)>,
    stop: bool,
}

impl Failures {
    /// `stop`: steps after the first failure are not taken.
    pub fn new(stop: bool) -> Self {
        Failures {
            list: Vec::new(),
            stop,
        }
    }

    pub fn add(&mut self, step: Step, errno: Errno) {
        self.list.push((step, errno));
    }

    /// Whether the steps that follow are still to be taken.
    pub fn go_on(&self) -> bool {
        !self.stop || self.list.iter().all(|(step, _)| step.is_note())
    }

    /// Notes the failure of a step. Returns whether to go on.
    pub fn check<T>(&mut self, step: Step, result: Result<T, Errno>) -> bool {
        if let Err(errno) = result {
            self.add(step, errno);
        }
        self.go_on()
    }
}
