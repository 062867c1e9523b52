//! Files that cannot be read all through.

use crate::commands::TO_END;
use crate::filler::{Filler, Kind};
use crate::layout::{FailureKind, ProblemKind};
use crate::trouble::{Failure, Problem};
use pbs_native_posix::Errno;

impl Filler {
    /// One file of a tree does not end the run: what cannot be read of it becomes zeros and is reported.
    /// An image is all there is, and a pipe's length is not known.
    pub(crate) fn cannot_read(&mut self, number: usize, errno: i32) -> Result<(), Errno> {
        let source = &mut self.sources[number];
        if matches!(self.kind, Kind::Fixed(_)) || source.unread == TO_END {
            let position = source.seek(0, libc::SEEK_CUR).ok();
            return Err(self.outlet.fail(Failure {
                kind: FailureKind::Read,
                errno,
                tag: source.tag,
                offset: position.and_then(|position| position.try_into().ok()),
            }));
        }
        let gap = source.pass_unreadable(errno);
        self.outlet.report(Problem {
            tag: source.tag,
            kind: ProblemKind::Unreadable,
            errno,
            offset: gap.offset,
            length: gap.length,
        });
        Ok(())
    }
}
