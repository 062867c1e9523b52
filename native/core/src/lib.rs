//! The shared object: links the crates below so that their C functions are exported, and adds the
//! version of the ABI, and what it consists of.

#![expect(
    unsafe_code,
    reason = "exports functions by name, and writes into memory of the caller's"
)]

use pbs_native_interface::{Function, bytes_mut, functions, values, write_functions, write_tables};

pub use pbs_native_capture as capture;
pub use pbs_native_extract as extract;
pub use pbs_native_pipeline as pipeline;
pub use pbs_native_posix as posix;

values! {
    /// The C ABI.
    mod abi, Abi: u32 {
        /// The TypeScript bindings refuse a shared object with another number.
        VERSION = 8,
    }
}

/// Returns [`abi::VERSION`].
#[unsafe(no_mangle)]
pub extern "C" fn pbs_abi_version() -> u32 {
    abi::VERSION
}

/// Writes as much of a text as there is room for. Returns the length of the whole text.
///
/// # Safety
/// `out` is writable for `capacity` bytes, and used by nobody else during the call.
unsafe fn tell(text: &str, out: *mut u8, capacity: usize) -> i64 {
    let length = capacity.min(text.len());
    // SAFETY: the caller vouches for at least as many bytes.
    if let Ok(out) = unsafe { bytes_mut(out, length) } {
        out.copy_from_slice(&text.as_bytes()[..length]);
    }
    text.len() as i64
}

/// Writes the tables of all records and values as text (see `pbs_native_interface::write_tables`), as
/// much of it as there is room for. Returns the length of the whole text.
///
/// # Safety
/// `out` is writable for `capacity` bytes, and used by nobody else during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_layout(out: *mut u8, capacity: usize) -> i64 {
    let text = write_tables(&[
        &[abi::TABLE],
        capture::layout::TABLES,
        extract::layout::TABLES,
        pipeline::layout::TABLES,
    ]);
    // SAFETY: the caller's promise is the same.
    unsafe { tell(&text, out, capacity) }
}

/// Writes the types of all functions as text (see `pbs_native_interface::write_functions`), in the same
/// way.
///
/// # Safety
/// `out` is writable for `capacity` bytes, and used by nobody else during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_functions(out: *mut u8, capacity: usize) -> i64 {
    let text = write_functions(&[
        FUNCTIONS,
        posix::FUNCTIONS,
        capture::FUNCTIONS,
        extract::FUNCTIONS,
        pipeline::FUNCTIONS,
    ]);
    // SAFETY: the caller's promise is the same.
    unsafe { tell(&text, out, capacity) }
}

/// Those of this crate.
const FUNCTIONS: &[Function] =
    functions![pbs_abi_version(), pbs_layout(_, _), pbs_functions(_, _),];

// Elsewhere a panic would unwind into the caller, or leave a thread's work undone for good.
#[cfg(not(any(test, panic = "abort")))]
compile_error!("the native core is built with panic = \"abort\"");
