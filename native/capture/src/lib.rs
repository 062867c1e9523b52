//! Batch reading of directories: names, metadata, open descriptors, in one call.
