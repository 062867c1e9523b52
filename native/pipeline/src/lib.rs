//! The chunk pipeline (cut, hash, known test, compress, encrypt) and its inverse (decode, verify).
