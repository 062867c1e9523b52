//! What calls come to.

use std::sync::LockResult;

/// What a C function returns: a number that is not negative, or a negative error number.
pub fn answer(result: Result<i32, i32>) -> i32 {
    match result {
        Ok(number) => number,
        // Never 0, which would be success.
        Err(errno) => -errno.max(1),
    }
}

/// The same for functions that return a length or another large number.
pub fn long_answer(result: Result<i64, i32>) -> i64 {
    result.unwrap_or_else(|errno| -i64::from(errno.max(1)))
}

/// A lock, or what waiting with one gives.
///
/// A panic ends the process (`panic = "abort"`), so no thread meets what another one left half
/// done. Only unit tests unwind: there the panic goes on in whoever shares the lock.
pub fn unpoisoned<G>(result: LockResult<G>) -> G {
    result.unwrap_or_else(|_| panic!("another thread panicked with this lock"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn a_failure_is_never_told_as_success() {
        assert_eq!(answer(Ok(3)), 3);
        assert_eq!(answer(Err(libc::EBADF)), -libc::EBADF);
        assert_eq!(answer(Err(0)), -1);
        assert_eq!(long_answer(Ok(1 << 40)), 1 << 40);
        assert_eq!(long_answer(Err(0)), -1);
    }

    #[test]
    fn a_panic_reaches_whoever_shares_the_lock() {
        let number = Mutex::new(1);
        let with_lock = |fails: bool| {
            std::panic::catch_unwind(|| {
                let guard = unpoisoned(number.lock());
                assert!(!fails, "a panic under the lock");
                *guard
            })
        };
        assert!(matches!(with_lock(false), Ok(1)));
        assert!(with_lock(true).is_err());
        assert!(with_lock(false).is_err());
    }
}
