//! The shared object: links the crates below so that their C functions are exported, and adds the
//! version of the ABI and the tables of what crosses it.

use pbs_native_interface::{values, write_tables};

pub use pbs_native_capture as capture;
pub use pbs_native_extract as extract;
pub use pbs_native_pipeline as pipeline;
pub use pbs_native_posix as posix;

values! {
    /// The C ABI.
    mod abi, Abi: u32 {
        /// The TypeScript bindings refuse a shared object with another number.
        VERSION = 5,
    }
}

/// Returns [`abi::VERSION`].
#[unsafe(no_mangle)]
pub extern "C" fn pbs_abi_version() -> u32 {
    abi::VERSION
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
    if !out.is_null() {
        let length = capacity.min(text.len());
        // SAFETY: the caller vouches for as many bytes, and the text is another piece of memory.
        unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), out, length) };
    }
    text.len() as i64
}
