//! The threads that make entries.

use crate::command::{Command, Malformed};
use crate::entries::EntryMaker;
use crate::hard_link::Linker;
use crate::layout::op;
use crate::queue::{Job, Queue, Segment};
use crate::replacing;
use crate::report::{Failures, Step};
use crate::shared::Shared;
use pbs_native_posix::{leave_shared_umask, set_umask};

/// Body of a worker thread.
pub fn run(shared: &Shared, queue: &Queue) {
    let maker = EntryMaker {
        shared,
        umask: umask_of_thread(),
    };
    let mut ended = None;
    while let Some(work) = queue.next(ended) {
        let mut ticket = work.ticket();
        match work.job {
            Job::Entries(segment) => {
                entries(&maker, &segment);
                segment.directory.release(shared);
            }
            Job::Links(segment) => {
                links(shared, &segment);
                segment.directory.release(shared);
            }
            Job::Piece {
                file,
                offset,
                bytes,
            } => {
                file.write(offset, bytes.get(), shared);
                drop(bytes);
                ticket.sequence = file.release(shared);
            }
        }
        ended = Some(ticket);
    }
}

fn entries(maker: &EntryMaker, segment: &Segment) {
    for_each(maker.shared, segment, |command, failures| {
        let entry = command.entry()?;
        let handle = &segment.handle;
        match command.op {
            op::FILE => maker.file(&segment.batch, handle, entry, failures),
            op::SYMLINK => maker.symlink(handle, entry, failures),
            op::MEND => {
                replacing::mend(maker.shared, handle, entry, failures);
                Ok(())
            }
            _ => {
                maker.node(handle, entry, failures);
                Ok(())
            }
        }
    });
}

fn links(shared: &Shared, segment: &Segment) {
    let mut linker = Linker::new(shared);
    for_each(shared, segment, |command, failures| {
        let entry = command.entry()?;
        linker.link(&segment.handle, entry.name, entry.link_target()?, failures);
        Ok(())
    });
}

/// Goes through the commands of a segment, until stopped.
fn for_each(
    shared: &Shared,
    segment: &Segment,
    mut make: impl FnMut(Command, &mut Failures) -> Result<(), Malformed>,
) {
    let mut rest = &segment.batch.commands[segment.start..segment.end];
    while !rest.is_empty() && !shared.stopped() {
        let Ok(command) = Command::first(rest) else {
            return;
        };
        rest = &rest[command.length()..];
        let mut failures = shared.new_failures();
        if make(command, &mut failures).is_err() {
            failures.add(Step::Create, libc::EINVAL);
        }
        shared.report(failures, || {
            command.entry().map_or_else(
                |_| segment.directory.path(),
                |entry| segment.directory.path_of(entry.name),
            )
        });
    }
}

/// Gives the thread a umask of its own, 0, so that modes come out as asked for. Returns the umask in
/// force, which is another one where a container forbids that.
fn umask_of_thread() -> u32 {
    if leave_shared_umask().is_ok() {
        set_umask(0);
        return 0;
    }
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| u32::from_str_radix(line.strip_prefix("Umask:")?.trim(), 8).ok())
        .unwrap_or(0o777)
}
