//! The chunk pipeline (cut, hash, known test, compress, encrypt) and its inverse (decode, verify).
//!
//! An *engine* owns worker threads, a *pool* of buffers with a byte budget and the set of *known*
//! digests. A *stream* of an engine is filled by one caller (reading files, cutting) and emptied by
//! another one, in stream order. A *blob* is an encoded chunk. `abi` is the C interface, described
//! in `include/pbs_pipeline.h`.

#[expect(
    unsafe_code,
    reason = "uses memory of the caller's; exports functions by name"
)]
mod abi;
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "calls code for instructions that were found")
)]
mod buzhash;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "hot loop in vector instructions")]
mod buzhash_eight;
mod buzhash_table;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "hot loop in vector instructions")]
mod buzhash_wide;
mod chunk;
#[expect(
    unsafe_code,
    reason = "calls the libraries for compression and encryption, written in C"
)]
mod codec;
#[expect(unsafe_code, reason = "takes over descriptors that come as numbers")]
mod commands;
mod decoder;
mod engine;
mod filler;
mod helping;
mod hole;
#[expect(
    unsafe_code,
    reason = "several threads hash each other's chunks, which they do not own"
)]
mod joint_digest;
mod known;
pub mod layout;
#[expect(
    unsafe_code,
    reason = "memory straight from the system, for buffers that grow in place"
)]
mod mapping;
mod outlet;
mod payload;
mod piece;
#[expect(unsafe_code, reason = "slices of such memory")]
mod pool;
#[expect(unsafe_code, reason = "lends a chunk to several threads")]
mod reading;
#[cfg_attr(not(target_arch = "x86_64"), path = "sha256_alone.rs")]
#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "hot loop in vector instructions, and the library in C"
    )
)]
mod sha256;
mod source;
mod sources;
mod statistics;
mod step;
mod stream;
mod task;
mod trouble;
mod uncut;
mod unreadable;
mod vectors;
#[expect(
    unsafe_code,
    reason = "several threads fill one chunk, which they do not own"
)]
mod window;
mod zero_digests;

pub use abi::FUNCTIONS;
