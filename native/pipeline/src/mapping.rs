//! Anonymous memory of page granularity, as buffers are made of.

use std::ptr;

const SMALLEST: usize = 64 * 1024;
const HUGE_PAGE: usize = 2 * 1024 * 1024;

/// Memory that nobody else knows of; given back by [`unmap`] only.
pub struct Mapping {
    pub address: *mut u8,
    pub capacity: usize,
}

// SAFETY: the mapping is owned by whoever holds the struct.
unsafe impl Send for Mapping {}

/// Rounds up to one of the sizes that are in use: four steps to each power of two.
pub fn round_capacity(size: usize) -> usize {
    let size = size.max(SMALLEST);
    let step = (size.next_power_of_two() / 8).max(SMALLEST);
    size.div_ceil(step) * step
}

/// Fresh memory, or nothing if the system refuses it.
pub fn map(capacity: usize) -> Option<Mapping> {
    // SAFETY: an anonymous private mapping has no preconditions.
    let address = unsafe {
        libc::mmap(
            ptr::null_mut(),
            capacity,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if address == libc::MAP_FAILED {
        return None;
    }
    advise(address.cast(), capacity);
    Some(Mapping {
        address: address.cast(),
        capacity,
    })
}

/// Asks for huge pages: filling a fresh buffer is bound by page faults otherwise.
pub fn advise(address: *mut u8, capacity: usize) {
    if capacity >= HUGE_PAGE {
        // SAFETY: advice about a mapping of our own.
        unsafe { libc::madvise(address.cast(), capacity, libc::MADV_HUGEPAGE) };
    }
}

/// Gives memory back to the system.
pub fn unmap(mapping: Mapping) {
    // SAFETY: owned, and nobody has a reference into it any more.
    unsafe { libc::munmap(mapping.address.cast(), mapping.capacity) };
}

/// Changes the size of a mapping, moving it if need be; pages in use are kept.
pub fn resize(mapping: &mut Mapping, capacity: usize) -> bool {
    // SAFETY: owned, and nobody has a reference into it meanwhile.
    let address = unsafe {
        libc::mremap(
            mapping.address.cast(),
            mapping.capacity,
            capacity,
            libc::MREMAP_MAYMOVE,
        )
    };
    if address == libc::MAP_FAILED {
        return false;
    }
    mapping.address = address.cast();
    mapping.capacity = capacity;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_waste_at_most_a_quarter() {
        for size in [1, 65536, 65537, 1 << 20, 5_000_000, (16 << 20) + 64] {
            let capacity = round_capacity(size);
            assert!(capacity >= size);
            assert!(capacity == SMALLEST || capacity <= size + size / 4 + SMALLEST);
        }
    }
}
