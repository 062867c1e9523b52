//! Loop devices.

use crate::loop_devices::{attach_loop, detach_loop, find_free_loop};
use pbs_native_interface::answer;

/// The number of a free loop device, made if there was none; `control` is `/dev/loop-control`.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_find_free_loop(control: i32) -> i32 {
    answer(find_free_loop(control))
}

/// Lets a loop device show a file, with `LO_FLAGS_*`. Nonblocking call: reads of the file may have to
/// be answered by this process meanwhile.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_attach_loop(device: i32, file: i32, flags: u32) -> i32 {
    answer(attach_loop(device, file, flags).map(|()| 0))
}

/// Takes the file away from a loop device; while others have it open, when the last of them closes it.
#[unsafe(no_mangle)]
pub extern "C" fn pbs_detach_loop(device: i32) -> i32 {
    answer(detach_loop(device).map(|()| 0))
}

#[cfg(test)]
#[path = "loop_devices_test.rs"]
mod tests;
