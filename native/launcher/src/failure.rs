use std::fmt;
use std::io;

/// A reason not to start, as one line.
pub struct Failure(String);

impl Failure {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A failed system call: what was to be done, and why it could not be.
    pub fn of(what: impl fmt::Display, error: impl Into<io::Error>) -> Self {
        let error = error.into();
        let text = error.to_string();
        // The number at the end says nothing to who reads it.
        let reason = text.split(" (os error").next().unwrap_or(&text);
        Self(format!("{what}: {reason}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
