//! Batch creation of files relative to directory handles, and the application of their metadata.
