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
        !self.stop
            || self
                .list
                .iter()
                .all(|(step, _)| *step == Step::SkippedXattr)
    }

    /// Notes the failure of a step. Returns whether to go on.
    pub fn check<T>(&mut self, step: Step, result: Result<T, Errno>) -> bool {
        if let Err(errno) = result {
            self.add(step, errno);
        }
        self.go_on()
    }
}
