//! Numbers for things that the other side of the C interface holds.

use crate::unpoisoned;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};

/// The number given last. All kinds of things share it: a number of one kind finds none of another.
static LAST: AtomicU32 = AtomicU32::new(0);

/// Things by positive number.
///
/// A number that was never given, or whose thing was removed, finds nothing, which callers are told
/// as EBADF; it is given again only after all others.
pub struct Handles<T>(Mutex<BTreeMap<u32, T>>);

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Handles<T> {
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Keeps a thing and gives its number.
    pub fn insert(&self, value: T) -> u32 {
        let mut things = self.lock();
        loop {
            let number = next_number();
            if let Entry::Vacant(vacant) = things.entry(number) {
                vacant.insert(value);
                return number;
            }
        }
    }

    /// Takes a thing out; EBADF if there is none.
    pub fn remove(&self, number: u32) -> Result<T, i32> {
        self.lock().remove(&number).ok_or(libc::EBADF)
    }

    /// A copy, usually of an `Arc`: who removes the thing meanwhile does not end its life. EBADF if there
    /// is none.
    pub fn get(&self, number: u32) -> Result<T, i32>
    where
        T: Clone,
    {
        self.lock().get(&number).cloned().ok_or(libc::EBADF)
    }

    /// Looks at a thing while nobody can remove it; EBADF if there is none.
    pub fn with<R>(&self, number: u32, look: impl FnOnce(&T) -> R) -> Result<R, i32> {
        self.lock().get(&number).map(look).ok_or(libc::EBADF)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, T>> {
        unpoisoned(self.0.lock())
    }
}

/// From 1 to the largest positive `i32`, and from the start again.
fn next_number() -> u32 {
    const MAX: u32 = i32::MAX as u32;
    let after = |last: u32| if last >= MAX { 1 } else { last + 1 };
    let update = |last| Some(after(last));
    match LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, update) {
        Ok(last) | Err(last) => after(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_was_not_given_or_is_not_in_use_any_more_finds_nothing() {
        let texts: Handles<String> = Handles::new();
        let numbers: Handles<u32> = Handles::new();
        let text = texts.insert("text".into());
        let number = numbers.insert(7);
        assert!(text > 0 && number > 0);
        assert_eq!(texts.get(text).as_deref(), Ok("text"));
        // Of another kind, and never given.
        for wrong in [number, 0, u32::MAX] {
            assert_eq!(texts.get(wrong), Err(libc::EBADF));
            assert_eq!(texts.with(wrong, String::len), Err(libc::EBADF));
            assert_eq!(texts.remove(wrong), Err(libc::EBADF));
        }
        assert_eq!(texts.remove(text).as_deref(), Ok("text"));
        assert_eq!(texts.remove(text), Err(libc::EBADF));
        assert_ne!(texts.insert("next".into()), text);
        assert_eq!(texts.get(text), Err(libc::EBADF));
    }

    #[test]
    fn what_is_removed_lives_as_long_as_a_call_uses_it() {
        let things = Handles::new();
        let number = things.insert(std::sync::Arc::new(5));
        let held = things.get(number).unwrap();
        drop(things.remove(number));
        assert_eq!((*held, std::sync::Arc::strong_count(&held)), (5, 1));
    }
}
