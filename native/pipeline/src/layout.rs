//! What crosses the interface of this crate, and how it is laid out.

use pbs_native_interface::{Table, record, values};

values! {
    /// Bits of the settings' flags.
    mod setting, PipelineFlag: u32 {
        COMPRESS = 1,
        ENCRYPT = 2,
    }
}

record! {
    Bytes
    /// Settings of a pipeline or a decoder.
    PipelineSettings {
        /// Memory budget; for a decoder only how much free memory is kept.
        budget_bytes: u64,
        /// Threads; 0 for one per processor.
        workers: u32,
        /// Of `PipelineFlag`.
        flags: u32,
        encryption_key: [u8; 32],
        id_key: [u8; 32],
    }
}

record! {
    Bytes
    /// Counters of a pipeline.
    PipelineCounters {
        read_nanos: u64,
        cut_nanos: u64,
        hash_nanos: u64,
        compress_nanos: u64,
        seal_nanos: u64,
        /// Waiting for memory.
        wait_nanos: u64,
        hashed_bytes: u64,
        encoded_bytes: u64,
        blob_bytes: u64,
        /// Of buffers now.
        buffer_bytes: u64,
        /// Of buffers at most.
        peak_buffer_bytes: u64,
        /// Read and searched by several threads.
        together_bytes: u64,
    }
}

values! {
    /// Vector instructions in use: of the search for cuts, and of hashing chunks side by side.
    mod vector_path, VectorPath: u32 {
        CUT_AVX2 = 1,
        CUT_AVX512 = 2,
        HASH_SHA = 4,
        HASH_AVX512 = 8,
    }
}

values! {
    /// Kinds of streams.
    mod stream_kind, StreamKind: u32 {
        /// With an average size of chunks.
        DYNAMIC = 0,
        /// With a size of chunks.
        FIXED = 1,
        /// With an average size of chunks, and boundaries from outside.
        PAYLOAD = 2,
    }
}

values! {
    /// Steps of the pipeline and its inverse, one of which is carried out alone.
    mod step, PipelineStep: u32 {
        /// The digest of the input, 32 bytes.
        DIGEST = 0,
        /// One compressed frame.
        COMPRESS = 1,
        /// The contents of such a frame, which have to fill the output.
        DECOMPRESS = 2,
        /// The input encrypted, with a random IV that is thrown away.
        ENCRYPT = 3,
    }
}

values! {
    /// Kinds of commands; each starts at a multiple of 8.
    mod command, StreamCommand: u32 {
        /// Bytes follow, filled up to a multiple of 8.
        INLINE = 1,
        SPLICE = 2,
        /// Payload streams only.
        SUGGEST = 3,
        /// Payload streams only.
        INJECT = 4,
    }
}

values! {
    /// Sizes of a splice that are none.
    mod splice_size, SpliceSize: u64 {
        /// To the end of the file.
        TO_END = u64::MAX,
    }
}

record! {
    Bytes
    /// Start of a command.
    StreamCommandHead {
        /// One of `StreamCommand`.
        kind: u32,
        /// Length of inline bytes.
        argument: u32,
    }
}

record! {
    Bytes
    /// Reads from a file.
    SpliceCommand {
        kind: u32,
        /// Handed over.
        descriptor: i32,
        size: u64,
        /// Names the file in problems and failures.
        tag: u64,
    }
}

record! {
    Bytes
    /// A place where a chunk may well end.
    SuggestCommand {
        kind: u32,
        reserved: u32,
        /// In the stream.
        offset: u64,
    }
}

record! {
    Bytes
    /// Puts known chunks into the stream; the entries follow.
    InjectCommand {
        kind: u32,
        count: u32,
        boundary: u64,
    }
}

record! {
    Bytes
    /// A chunk that is put into the stream.
    InjectEntry {
        size: u64,
        digest: [u8; 32],
    }
}

values! {
    /// Bits of a chunk's flags.
    mod chunk_flag, ChunkFlag: u32 {
        KNOWN = 1,
        INJECTED = 2,
    }
}

record! {
    Bytes
    /// A finished chunk.
    ChunkRecord {
        digest: [u8; 32],
        /// In the stream.
        offset: u64,
        blob_length: u32,
        reserved: u32,
        /// Of the plain bytes.
        size: u64,
        /// 0 if there is no blob.
        buffer: u32,
        /// Of `ChunkFlag`.
        flags: u32,
        /// Of the blob.
        address: u64,
        reserved_end: u64,
    }
}

values! {
    /// Problems of a spliced file.
    enum ProblemKind: u32 {
        /// It ended early and was filled up with zeros.
        Shrunk = 1,
        /// It went on and was cut off.
        Grew = 2,
        /// A stretch could not be read and was filled with zeros.
        Unreadable = 3,
    }
}

record! {
    Bytes
    /// A problem with a spliced file.
    ProblemRecord {
        tag: u64,
        /// One of `ProblemKind`.
        kind: u32,
        errno: i32,
        /// Of the stretch that is unreadable.
        offset: u64,
        length: u64,
    }
}

values! {
    /// Why a stream failed.
    enum FailureKind: u32 {
        /// Reading a file.
        Read = 1,
        /// A boundary that cannot be.
        Boundary = 2,
        /// Malformed commands.
        Input = 3,
        /// Memory.
        Resource = 4,
    }
}

record! {
    Bytes
    /// Why a stream failed.
    FailureRecord {
        /// Of the file, if reading failed.
        tag: u64,
        /// One of `FailureKind`.
        kind: u32,
        errno: i32,
        /// Byte in the file where reading failed; all ones if it has no places.
        offset: u64,
    }
}

record! {
    Bytes
    /// A blob to decode, and from `buffer` on the answer.
    DecodeRequest {
        digest: [u8; 32],
        /// Of the plain bytes that are expected.
        size: u32,
        /// 1 if it has to be encrypted, 0 if it must not be.
        encrypted: u32,
        /// Buffer of the blob, the callee's from here on.
        blob_buffer: u32,
        blob_length: u32,
        reserved: u64,
        buffer: u32,
        capacity: u32,
        /// Of the plain bytes.
        address: u64,
        reserved_end: u64,
    }
}

values! {
    /// Why a blob is refused.
    enum DecodeStatus: i32 {
        TooSmall = 1,
        Magic = 2,
        Crc = 3,
        /// Encrypted or not against what was expected.
        Mode = 4,
        MissingKey = 5,
        /// Authentication failed.
        Tag = 6,
        Zstd = 7,
        Size = 8,
        Digest = 9,
    }
}

/// All of them.
pub const TABLES: &[Table] = &[
    setting::TABLE,
    PipelineSettings::TABLE,
    PipelineCounters::TABLE,
    vector_path::TABLE,
    stream_kind::TABLE,
    step::TABLE,
    command::TABLE,
    splice_size::TABLE,
    StreamCommandHead::TABLE,
    SpliceCommand::TABLE,
    SuggestCommand::TABLE,
    InjectCommand::TABLE,
    InjectEntry::TABLE,
    chunk_flag::TABLE,
    ChunkRecord::TABLE,
    ProblemKind::TABLE,
    ProblemRecord::TABLE,
    FailureKind::TABLE,
    FailureRecord::TABLE,
    DecodeRequest::TABLE,
    DecodeStatus::TABLE,
];
