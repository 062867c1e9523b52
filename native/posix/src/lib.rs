//! System calls that the runtime lacks, as C functions that return a negative error number when they
//! fail: `errno` belongs to a thread, and repeating a call to learn it may succeed. Linux reports an
//! error of a delayed write once only.
//!
//! Calls that a signal interrupts are repeated, and reads and writes go on until all is done. Paths
//! come with their length, without a final NUL. The functions are described in `pbs_posix.h`.

mod descriptors;
mod identity;
mod locks;
mod numbered_folders;
mod path;
mod paths;
mod result;

pub use descriptors::*;
pub use identity::*;
pub use locks::*;
pub use numbered_folders::*;
pub use paths::*;
