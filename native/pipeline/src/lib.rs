//! The chunk pipeline (cut, hash, known test, compress, encrypt) and its inverse (decode, verify).
//!
//! An *engine* owns worker threads, a *pool* of buffers with a byte budget and the set of *known*
//! digests. A *stream* of an engine is filled by one caller (reading files, cutting) and emptied by
//! another one, in stream order. A *blob* is an encoded chunk. `abi` is the C interface, described
//! in `include/pbs_pipeline.h`.

mod abi;
mod buzhash;
#[cfg(target_arch = "x86_64")]
mod buzhash_eight;
mod buzhash_table;
#[cfg(target_arch = "x86_64")]
mod buzhash_wide;
mod chunk;
mod codec;
mod commands;
mod decoder;
mod engine;
mod filler;
mod hole;
mod joint_digest;
mod known;
pub mod layout;
mod mapping;
mod outlet;
mod payload;
mod pool;
#[cfg_attr(not(target_arch = "x86_64"), path = "sha256_alone.rs")]
mod sha256;
mod source;
mod statistics;
mod stream;
mod task;
mod trouble;
mod uncut;
mod unreadable;
mod vectors;

pub use abi::FUNCTIONS;
