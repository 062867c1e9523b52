//! The shared object: links the crates below so that their C functions are exported, and adds the
//! version of the ABI.

pub use pbs_native_capture as capture;
pub use pbs_native_extract as extract;
pub use pbs_native_pipeline as pipeline;
pub use pbs_native_posix as posix;

/// Version of the C ABI. The TypeScript bindings refuse a shared object with another number.
pub const ABI_VERSION: u32 = 4;

/// Returns [`ABI_VERSION`].
#[unsafe(no_mangle)]
pub extern "C" fn pbs_abi_version() -> u32 {
    ABI_VERSION
}
