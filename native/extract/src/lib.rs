//! Parallel creation of files relative to directory handles, and the application of their metadata.
//!
//! A *feeder* walks commands in the archive's order, makes directories itself and turns the rest into
//! *jobs* for worker threads. A *batch* is one submitted buffer of commands with its token; a
//! *segment* is a run of commands of one directory within a batch, which is what a worker takes at a
//! time. Every job has a sequence number; hard links wait until all earlier ones are done. A
//! directory gets its metadata when it was left and nothing below it is pending any more.

#[expect(
    unsafe_code,
    reason = "uses memory of the caller's; exports functions by name"
)]
mod abi;
mod attributes;
#[expect(
    unsafe_code,
    reason = "contents are written from where they are, without a copy"
)]
mod batch;
mod command;
mod directory;
mod entries;
mod extractor;
mod feeder;
#[cfg(test)]
#[expect(unsafe_code, reason = "calls the C functions")]
mod handles_test;
mod hard_link;
pub mod layout;
mod lifted_flags;
mod mailbox;
mod place;
mod queue;
mod replacing;
mod report;
mod shared;
mod spanning_file;
mod sparse;
mod target;
mod worker;

pub use abi::FUNCTIONS;
