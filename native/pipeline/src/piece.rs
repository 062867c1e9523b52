//! What is to be read next.

/// Bytes of a file that have a place in the chunk and are not there yet.
pub struct Piece {
    /// Number of the file.
    pub source: usize,
    /// In the chunk.
    pub at: usize,
    pub size: usize,
}
