//! Work of one thread that idle workers help with.

/// Work in parts, each of which is done by whoever comes first.
pub trait Shared: Send + Sync {
    /// Whether there are parts that nobody has begun.
    fn left(&self) -> bool;

    /// Does parts until none is left; others may still be at theirs.
    fn work(&self);
}
