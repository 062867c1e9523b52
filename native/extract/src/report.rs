//! What could not be done, and where.

use pbs_native_posix::Errno;

pub use crate::layout::ExtractStep as Step;

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
pub struct Failed {
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
