//! Numbers for things that the other side of the C interface holds.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{LazyLock, Mutex, MutexGuard};

/// A table of things by positive number. A stale number finds nothing, never something else soon.
pub struct Registry<T>(LazyLock<Mutex<Entries<T>>>);

struct Entries<T> {
    map: HashMap<u32, T>,
    last: u32,
}

impl<T> Registry<T> {
    pub const fn new() -> Self {
        Self(LazyLock::new(|| {
            Mutex::new(Entries {
                map: HashMap::new(),
                last: 0,
            })
        }))
    }

    pub fn insert(&self, value: T) -> u32 {
        let mut entries = self.lock();
        loop {
            entries.last = if entries.last >= i32::MAX as u32 {
                1
            } else {
                entries.last + 1
            };
            let number = entries.last;
            if let Entry::Vacant(vacant) = entries.map.entry(number) {
                vacant.insert(value);
                return number;
            }
        }
    }

    pub fn remove(&self, number: u32) -> Option<T> {
        self.lock().map.remove(&number)
    }

    pub fn get(&self, number: u32) -> Option<T>
    where
        T: Clone,
    {
        self.lock().map.get(&number).cloned()
    }

    /// Looks at a thing while nobody can remove it.
    pub fn with<R>(&self, number: u32, look: impl FnOnce(&T) -> R) -> Option<R> {
        self.lock().map.get(&number).map(look)
    }

    fn lock(&self) -> MutexGuard<'_, Entries<T>> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
