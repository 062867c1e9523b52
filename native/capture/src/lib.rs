//! Batch reading of a directory tree: names, metadata and open descriptors of many entries in one
//! call, in walk order (depth first, names sorted by their bytes).
//!
//! The crate makes system calls and reports what they returned. What an error, a mount point or an
//! exclude file means is decided by the caller: a walk pauses there until it is told how to go on.

#[expect(
    unsafe_code,
    reason = "uses memory of the caller's; exports functions by name"
)]
mod abi;
mod capture;
mod entry;
mod exclude_file;
mod frame;
mod glob;
#[cfg(test)]
#[expect(unsafe_code, reason = "calls the C functions")]
mod handles_test;
pub mod layout;
mod listing;
mod marks;
mod open;
mod prefetch;
mod program;
mod record;
mod rules;
mod selection;
mod walker;
mod xattrs;

pub use abi::FUNCTIONS;
