//! System calls: each is written once, here, as a function that is safe to call and gives a `Result`.
//! Calls that a signal interrupts are repeated where nothing else is said.
//!
//! Some of them are C functions as well, for what the runtime lacks: `errno` belongs to a thread, and
//! repeating a call to learn it may succeed. Linux reports an error of a delayed write once only. They
//! return a negative error number when they fail, and are described in `pbs_posix.h`.

#![expect(
    unsafe_code,
    reason = "system calls are unsafe, and this is where they are"
)]

mod abi;
mod attributes;
mod contents;
mod errno;
mod fuse_pages;
mod locking;
mod loop_devices;
mod metadata;
mod mounting;
mod names;
mod opening;
mod path;
mod process;
mod random;
mod status;
mod xattrs;

pub use abi::FUNCTIONS;
pub use attributes::*;
pub use contents::*;
pub use errno::Errno;
pub use fuse_pages::*;
pub use locking::*;
pub use loop_devices::*;
pub use metadata::*;
pub use mounting::mount;
pub use names::*;
pub use opening::*;
pub use path::with_path;
pub use process::*;
pub use random::fill_random;
pub use status::*;
pub use xattrs::*;
