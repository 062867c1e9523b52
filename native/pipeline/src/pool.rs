//! Buffers of page granularity that are used again, within a byte budget.

use crate::mapping::{Mapping, advise, map, resize, round_capacity, unmap};
use pbs_native_interface::unpoisoned;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Bytes in front of a chunk's data, so that a blob's header fits without moving the data.
pub const HEADROOM: usize = 64;

/// How often a waiting thread looks whether it was cancelled or may go over the budget.
const WAIT_SLICE: Duration = Duration::from_millis(20);

/// Why no buffer was handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolError {
    Cancelled,
    OutOfMemory,
}

#[derive(Default)]
struct State {
    free: Vec<Mapping>,
    /// Capacity of all mappings, free ones included.
    mapped: usize,
    peak: usize,
    /// Buffers of [`Pool::acquire_scratch`] in use.
    scratches: usize,
    /// The system refused memory; waiting would not help.
    refused: bool,
}

/// The pool. Buffers keep it alive.
pub struct Pool {
    budget: usize,
    state: Mutex<State>,
    changed: Condvar,
    wait_nanos: AtomicUsize,
    /// Threads that wait for memory.
    waiting: AtomicUsize,
}

/// A buffer of the pool; goes back when dropped.
pub struct Buffer {
    mapping: Mapping,
    scratch: bool,
    pool: Arc<Pool>,
}

impl State {
    fn add(&mut self, size: usize) {
        self.mapped += size;
        self.peak = self.peak.max(self.mapped);
    }

    fn free_bytes(&self) -> usize {
        self.free.iter().map(|mapping| mapping.capacity).sum()
    }

    /// Whether a buffer of `size` bytes can be had below `limit`, with what is free.
    fn has_room(&self, size: usize, limit: usize) -> bool {
        self.mapped - self.free_bytes() + round_capacity(size) <= limit
    }

    /// Unmaps free buffers, smallest first, until `size` more bytes fit below `limit`.
    fn evict(&mut self, size: usize, limit: usize) -> bool {
        if self.mapped - self.free_bytes() + size > limit {
            return false;
        }
        self.free
            .sort_unstable_by_key(|mapping| std::cmp::Reverse(mapping.capacity));
        while self.mapped + size > limit {
            let Some(mapping) = self.free.pop() else {
                return false;
            };
            self.mapped -= mapping.capacity;
            unmap(mapping);
        }
        true
    }
}

impl Pool {
    pub fn new(budget: usize) -> Arc<Self> {
        Arc::new(Self {
            budget,
            state: Mutex::default(),
            changed: Condvar::new(),
            wait_nanos: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
        })
    }

    pub fn budget(&self) -> usize {
        self.budget
    }

    /// Mapped bytes now and at most so far.
    pub fn usage(&self) -> (usize, usize) {
        let state = self.lock();
        (state.mapped, state.peak)
    }

    pub fn wait_nanos(&self) -> usize {
        self.wait_nanos.load(Ordering::Relaxed)
    }

    /// Whether somebody waits for memory.
    pub fn awaited(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Lets waiting threads look at their conditions again.
    pub fn wake(&self) {
        drop(self.lock());
        self.changed.notify_all();
    }

    /// A buffer of at least `size` bytes if there is one below `limit` without waiting.
    pub fn try_acquire(self: &Arc<Self>, size: usize, limit: usize) -> Option<Buffer> {
        self.take(&mut self.lock(), size, limit)
    }

    /// A buffer of at least `size` bytes. Waits until the mapped bytes stay below `limit`, or
    /// `entitled` says that the caller may go over it, which is how progress is guaranteed.
    pub fn acquire(
        self: &Arc<Self>,
        size: usize,
        limit: usize,
        entitled: impl Fn() -> bool,
        cancelled: impl Fn() -> bool,
    ) -> Result<Buffer, PoolError> {
        self.wait_until(entitled, cancelled, |pool, state, over| {
            pool.take(state, size, if over { usize::MAX } else { limit })
        })
    }

    /// A buffer that is given back soon, without waiting for other memory. Waits until there is room
    /// within the budget; the first one is granted in any case.
    pub fn acquire_scratch(
        self: &Arc<Self>,
        size: usize,
        cancelled: impl Fn() -> bool,
    ) -> Result<Buffer, PoolError> {
        let budget = self.budget;
        self.wait_until(
            || false,
            cancelled,
            |pool, state, _| {
                let limit = if state.scratches == 0 && !state.has_room(size, budget) {
                    usize::MAX
                } else {
                    budget
                };
                let mut buffer = pool.take(state, size, limit)?;
                buffer.scratch = true;
                state.scratches += 1;
                Some(buffer)
            },
        )
    }

    /// Makes a buffer larger, keeping its content; waits like [`Pool::acquire`].
    pub fn grow(
        self: &Arc<Self>,
        buffer: &mut Buffer,
        size: usize,
        limit: usize,
        entitled: impl Fn() -> bool,
        cancelled: impl Fn() -> bool,
    ) -> Result<(), PoolError> {
        let capacity = round_capacity(size);
        if capacity <= buffer.capacity() {
            return Ok(());
        }
        let more = capacity - buffer.capacity();
        self.wait_until(entitled, cancelled, |_, state, over| {
            let fits = state.mapped + more <= limit || state.evict(more, limit);
            (fits || over).then(|| state.add(more))
        })?;
        if !resize(&mut buffer.mapping, capacity) {
            self.lock().mapped -= more;
            return Err(PoolError::OutOfMemory);
        }
        advise(buffer.mapping.address, capacity);
        Ok(())
    }

    fn wait_until<T>(
        self: &Arc<Self>,
        entitled: impl Fn() -> bool,
        cancelled: impl Fn() -> bool,
        mut attempt: impl FnMut(&Arc<Self>, &mut State, bool) -> Option<T>,
    ) -> Result<T, PoolError> {
        let mut state = self.lock();
        let mut since = None;
        loop {
            if cancelled() {
                return Err(PoolError::Cancelled);
            }
            let mut result = attempt(self, &mut state, false);
            if result.is_none() && entitled() {
                result = attempt(self, &mut state, true);
                if result.is_none() {
                    return Err(PoolError::OutOfMemory);
                }
            }
            if let Some(result) = result {
                if let Some(since) = since {
                    let waited = Instant::now().duration_since(since).as_nanos() as usize;
                    self.wait_nanos.fetch_add(waited, Ordering::Relaxed);
                }
                return Ok(result);
            }
            if std::mem::take(&mut state.refused) {
                return Err(PoolError::OutOfMemory);
            }
            since.get_or_insert_with(Instant::now);
            self.waiting.fetch_add(1, Ordering::Relaxed);
            state = unpoisoned(self.changed.wait_timeout(state, WAIT_SLICE)).0;
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn take(self: &Arc<Self>, state: &mut State, size: usize, limit: usize) -> Option<Buffer> {
        let capacity = round_capacity(size);
        let fresh = state.mapped + capacity <= limit;
        let best = (0..state.free.len())
            .filter(|&index| state.free[index].capacity >= size)
            .min_by_key(|&index| state.free[index].capacity);
        if let Some(index) = best {
            let found = state.free[index].capacity;
            // A far too large one only if nothing else is left.
            let fits = state.mapped - state.free_bytes() + found <= limit;
            if fits && (found <= 2 * capacity || !fresh) {
                return Some(self.wrap(state.free.swap_remove(index)));
            }
        }
        if !fresh && !state.evict(capacity, limit) {
            return None;
        }
        let Some(mapping) = map(capacity) else {
            state.refused = true;
            return None;
        };
        state.add(capacity);
        Some(self.wrap(mapping))
    }

    fn wrap(self: &Arc<Self>, mapping: Mapping) -> Buffer {
        Buffer {
            mapping,
            scratch: false,
            pool: Arc::clone(self),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        unpoisoned(self.state.lock())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut state = std::mem::take(&mut *self.lock());
        state.free.drain(..).for_each(unmap);
    }
}

impl Buffer {
    pub fn capacity(&self) -> usize {
        self.mapping.capacity
    }

    pub fn as_ptr(&self) -> *mut u8 {
        self.mapping.address
    }

    /// The bytes from `start` to `end`. Fresh ones are zero.
    pub fn slice(&self, start: usize, end: usize) -> &[u8] {
        assert!(start <= end && end <= self.mapping.capacity);
        // SAFETY: inside of the mapping, as was asserted, which is borrowed with `self`.
        unsafe { std::slice::from_raw_parts(self.mapping.address.add(start), end - start) }
    }

    pub fn slice_mut(&mut self, start: usize, end: usize) -> &mut [u8] {
        assert!(start <= end && end <= self.mapping.capacity);
        // SAFETY: inside of the mapping, as was asserted, which is borrowed with `self` alone.
        unsafe { std::slice::from_raw_parts_mut(self.mapping.address.add(start), end - start) }
    }

    /// Gives back what lies behind `size` if memory is short and it is worth a system call.
    pub fn shrink_if_scarce(&mut self, size: usize) {
        let capacity = round_capacity(size);
        if capacity * 2 > self.mapping.capacity {
            return;
        }
        let mut state = self.pool.lock();
        if state.mapped < self.pool.budget / 4 * 3 {
            return;
        }
        let before = self.mapping.capacity;
        if resize(&mut self.mapping, capacity) {
            state.mapped -= before - capacity;
            drop(state);
            self.pool.changed.notify_all();
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mapping = Mapping {
            address: self.mapping.address,
            capacity: self.mapping.capacity,
        };
        let mut state = self.pool.lock();
        if self.scratch {
            state.scratches -= 1;
        }
        if state.mapped > self.pool.budget {
            state.mapped -= mapping.capacity;
            unmap(mapping);
        } else {
            state.free.push(mapping);
        }
        drop(state);
        self.pool.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_keeps_its_content_when_it_grows() {
        let pool = Pool::new(8 << 20);
        let mut buffer = pool.try_acquire(1 << 20, 8 << 20).unwrap();
        buffer.slice_mut(0, 1 << 20).fill(7);
        pool.grow(&mut buffer, 4 << 20, 8 << 20, || false, || false)
            .unwrap();
        assert!(buffer.slice(0, 1 << 20).iter().all(|&byte| byte == 7));
        assert!(buffer.capacity() >= 4 << 20);
    }

    #[test]
    fn the_limit_holds_unless_the_caller_is_entitled() {
        let pool = Pool::new(1 << 20);
        let first = pool.try_acquire(1 << 20, 1 << 20).unwrap();
        assert!(pool.try_acquire(65536, 1 << 20).is_none());
        let over = pool.acquire(65536, 1 << 20, || true, || false).unwrap();
        drop(over);
        assert_eq!(pool.usage().0, 1 << 20);
        drop(first);
        assert!(matches!(
            pool.acquire(8 << 20, 1 << 20, || false, || true),
            Err(PoolError::Cancelled)
        ));
    }
}
