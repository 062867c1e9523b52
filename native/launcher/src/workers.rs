use crate::failure::Failure;
use std::num::NonZero;
use std::sync::Mutex;
use std::thread;

/// More gain nothing: the biggest file has about six frames.
const MAX_WORKERS: usize = 4;

/// Does a piece of work for each item, several at a time. The first failure ends it.
pub fn for_each<T: Sync>(
    items: &[T],
    work: impl Fn(&T) -> Result<(), Failure> + Sync,
) -> Result<(), Failure> {
    let rest = Mutex::new(items.iter());
    let workers = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(MAX_WORKERS);
    let one = || {
        loop {
            let Some(item) = next(&rest) else {
                return Ok(());
            };
            if let Err(failure) = work(item) {
                // Nobody takes what is left.
                drain(&rest);
                return Err(failure);
            }
        }
    };
    thread::scope(|scope| {
        let started: Vec<_> = (1..workers).map(|_| scope.spawn(one)).collect();
        let own = one();
        started.into_iter().fold(own, |result, worker| {
            result.and(
                worker
                    .join()
                    .unwrap_or_else(|_| Err(Failure::new("a worker ended"))),
            )
        })
    })
}

fn next<'items, T>(rest: &Mutex<std::slice::Iter<'items, T>>) -> Option<&'items T> {
    rest.lock().ok()?.next()
}

fn drain<T>(rest: &Mutex<std::slice::Iter<'_, T>>) {
    if let Ok(mut rest) = rest.lock() {
        *rest = [].iter();
    }
}
