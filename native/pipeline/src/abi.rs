//! The C interface; described in `include/pbs_pipeline.h`.

use crate::buzhash::CutRule;
use crate::chunk::{ChunkMemory, Finished};
use crate::codec::{Crypt, Expected};
use crate::commands::Commands;
use crate::decoder::{DecodeError, Decoder};
use crate::engine::{Engine, Settings};
use crate::filler::Kind;
use crate::known::Digest;
use crate::layout::{
    ChunkRecord, DecodeRequest, FailureRecord, PipelineCounters, PipelineSettings, ProblemRecord,
    chunk_flag, setting, stream_kind,
};
use crate::pool::Buffer;
use crate::registry::Registry;
use crate::stream::Stream;
use crate::vectors::Vectors;
use pbs_native_interface::Record;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const MAX_CHUNK: u32 = 16 * 1024 * 1024;
const MIN_AVERAGE: u32 = 1024;
const MAX_AVERAGE: u32 = 4 * 1024 * 1024;

static ENGINES: Registry<Arc<Engine>> = Registry::new();
static STREAMS: Registry<Arc<Stream>> = Registry::new();
static DECODERS: Registry<Arc<Decoder>> = Registry::new();
/// Memory that the other side looks at.
static BUFFERS: Registry<Held> = Registry::new();

enum Held {
    Chunk {
        _memory: ChunkMemory,
        digest: Digest,
        engine: Arc<Engine>,
    },
    Plain(Buffer),
}

fn errno(value: i32) -> i32 {
    -value.max(1)
}

/// # Safety
/// `pointer` must be null or valid for `length` bytes.
unsafe fn bytes<'a>(pointer: *const u8, length: usize) -> Option<&'a [u8]> {
    if length == 0 {
        return Some(&[]);
    }
    // SAFETY: not null, and the callers of this function vouch for the bytes.
    (!pointer.is_null()).then(|| unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// # Safety
/// `pointer` must be null or valid for `length` bytes and used by nobody else during the call.
unsafe fn bytes_mut<'a>(pointer: *mut u8, length: usize) -> Option<&'a mut [u8]> {
    // SAFETY: not null, and the callers of this function vouch for the bytes.
    (!pointer.is_null()).then(|| unsafe { std::slice::from_raw_parts_mut(pointer, length) })
}

/// # Safety
/// `settings` must be null or valid for one record.
unsafe fn parse_settings(settings: *const u8) -> Result<Settings, i32> {
    // SAFETY: the caller vouches for as many bytes.
    let settings = unsafe { bytes(settings, size_of::<PipelineSettings>()) }
        .and_then(PipelineSettings::read)
        .ok_or(libc::EINVAL)?;
    let workers = match settings.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers as usize,
    };
    let crypt = if settings.flags & setting::ENCRYPT != 0 {
        let crypt = Crypt::new(&settings.encryption_key, &settings.id_key);
        Some(crypt.ok_or(libc::ENOMEM)?)
    } else {
        None
    };
    Ok(Settings {
        budget: usize::try_from(settings.budget_bytes).map_err(|_| libc::EINVAL)?,
        workers: workers.min(256),
        compress: settings.flags & setting::COMPRESS != 0,
        crypt,
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_pipeline_create(settings: *const u8) -> i32 {
    // SAFETY: the caller vouches for the settings, see the header.
    let engine = unsafe { parse_settings(settings) }.and_then(|settings| {
        Engine::start(settings).map_err(|error| error.raw_os_error().unwrap_or(libc::EAGAIN))
    });
    match engine {
        Ok(engine) => ENGINES.insert(engine) as i32,
        Err(error) => errno(error),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_pipeline_add_known(
    engine: u32,
    digests: *const u8,
    count: usize,
) -> i32 {
    let (Some(engine), Some(length)) = (ENGINES.get(engine), count.checked_mul(32)) else {
        return errno(libc::EBADF);
    };
    // SAFETY: the caller vouches for as many bytes.
    let Some(digests) = (unsafe { bytes(digests, length) }) else {
        return errno(libc::EINVAL);
    };
    engine.known.add(digests.as_chunks().0);
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_pipeline_statistics(engine: u32, counters: *mut u8) -> i32 {
    let Some(engine) = ENGINES.get(engine) else {
        return errno(libc::EBADF);
    };
    // SAFETY: the caller vouches for one record.
    let Some(place) = (unsafe { bytes_mut(counters, size_of::<PipelineCounters>()) }) else {
        return errno(libc::EINVAL);
    };
    let statistics = &engine.statistics;
    let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let cut_nanos = load(&statistics.cut_nanos);
    let (mapped, peak) = engine.pool.usage();
    let counters = PipelineCounters {
        read_nanos: load(&statistics.fill_nanos).saturating_sub(cut_nanos),
        cut_nanos,
        hash_nanos: load(&statistics.hash_nanos),
        compress_nanos: load(&statistics.compress_nanos),
        seal_nanos: load(&statistics.seal_nanos),
        wait_nanos: engine.pool.wait_nanos() as u64,
        hashed_bytes: load(&statistics.hashed_bytes),
        encoded_bytes: load(&statistics.encoded_bytes),
        blob_bytes: load(&statistics.blob_bytes),
        buffer_bytes: mapped as u64,
        peak_buffer_bytes: peak as u64,
    };
    counters.write(place);
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_vector_paths() -> i32 {
    Vectors::allowed().paths() as i32
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_pipeline_destroy(engine: u32) -> i32 {
    match ENGINES.remove(engine) {
        Some(engine) => {
            engine.close();
            0
        }
        None => errno(libc::EBADF),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_stream_open(engine: u32, kind: u32, size: u32) -> i32 {
    let Some(engine) = ENGINES.get(engine) else {
        return errno(libc::EBADF);
    };
    let average = size.is_power_of_two() && (MIN_AVERAGE..=MAX_AVERAGE).contains(&size);
    let kind = match kind {
        stream_kind::DYNAMIC if average => Kind::Dynamic(CutRule::new(size as usize)),
        stream_kind::FIXED if (1..=MAX_CHUNK).contains(&size) => Kind::Fixed(size as usize),
        stream_kind::PAYLOAD if average => Kind::Payload(CutRule::new(size as usize)),
        _ => return errno(libc::EINVAL),
    };
    STREAMS.insert(Arc::new(Stream::open(engine, kind))) as i32
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_stream_write(
    stream: u32,
    commands: *const u8,
    length: usize,
    turn: u32,
) -> i32 {
    // SAFETY: the caller vouches for as many bytes.
    let Some(commands) = (unsafe { bytes(commands, length) }) else {
        return errno(libc::EINVAL);
    };
    let Some(stream) = STREAMS.get(stream) else {
        Commands(commands).for_each(drop);
        return errno(libc::ECANCELED);
    };
    match stream.write(turn, commands) {
        Ok(()) => i32::try_from(stream.outlet.problem_count()).unwrap_or(i32::MAX),
        Err(error) => errno(error),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_stream_discard(commands: *const u8, length: usize) -> i32 {
    // SAFETY: the caller vouches for as many bytes.
    match unsafe { bytes(commands, length) } {
        Some(commands) => {
            Commands(commands).for_each(drop);
            0
        }
        None => errno(libc::EINVAL),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_stream_end(stream: u32) -> i32 {
    let Some(stream) = STREAMS.get(stream) else {
        return errno(libc::ECANCELED);
    };
    match stream.finish() {
        Ok(()) => 0,
        Err(error) => errno(error),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_stream_next(stream: u32, records: *mut u8, limit: u32) -> i32 {
    let Some(stream) = STREAMS.get(stream) else {
        return errno(libc::ECANCELED);
    };
    let limit = limit as usize;
    // SAFETY: the caller vouches for as many records.
    let Some(records) = (unsafe { bytes_mut(records, limit * size_of::<ChunkRecord>()) }) else {
        return errno(libc::EINVAL);
    };
    let finished = match stream.outlet.take(limit) {
        Ok(finished) => finished,
        Err(error) => return errno(error),
    };
    let count = finished.len() as i32;
    for (record, finished) in records
        .chunks_exact_mut(size_of::<ChunkRecord>())
        .zip(finished)
    {
        chunk_record(finished, &stream.engine).write(record);
    }
    count
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_chunk_settle(buffer: u32) -> i32 {
    let first = BUFFERS.with(buffer, |held| match held {
        Held::Chunk { digest, engine, .. } => engine.known.settle(digest),
        Held::Plain(_) => true,
    });
    match first {
        Some(true) => 1,
        Some(false) => {
            drop(BUFFERS.remove(buffer));
            0
        }
        None => errno(libc::EBADF),
    }
}

/// A record of `pbs_stream_next`.
fn chunk_record(finished: Finished, engine: &Arc<Engine>) -> ChunkRecord {
    let mut record = ChunkRecord {
        digest: finished.digest,
        offset: finished.offset,
        size: finished.size,
        ..Default::default()
    };
    if finished.injected {
        record.flags |= chunk_flag::INJECTED;
    }
    match finished.blob {
        None => record.flags |= chunk_flag::KNOWN,
        Some(blob) => {
            record.blob_length = (blob.end - blob.start) as u32;
            record.address = blob.memory.buffer.slice(blob.start, blob.end).as_ptr() as u64;
            record.buffer = BUFFERS.insert(Held::Chunk {
                _memory: blob.memory,
                digest: finished.digest,
                engine: Arc::clone(engine),
            });
        }
    }
    record
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_stream_problems(stream: u32, records: *mut u8, limit: u32) -> i32 {
    let Some(stream) = STREAMS.get(stream) else {
        return errno(libc::EBADF);
    };
    let limit = limit as usize;
    // SAFETY: the caller vouches for as many records.
    let Some(records) = (unsafe { bytes_mut(records, limit * size_of::<ProblemRecord>()) }) else {
        return errno(libc::EINVAL);
    };
    let problems = stream.outlet.take_problems(limit);
    let places = records.chunks_exact_mut(size_of::<ProblemRecord>());
    for (place, problem) in places.zip(&problems) {
        problem.record().write(place);
    }
    problems.len() as i32
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_stream_failure(stream: u32, record: *mut u8) -> i32 {
    let Some(failure) = STREAMS
        .get(stream)
        .and_then(|stream| stream.outlet.failure())
    else {
        return errno(libc::ENODATA);
    };
    // SAFETY: the caller vouches for one record.
    let Some(place) = (unsafe { bytes_mut(record, size_of::<FailureRecord>()) }) else {
        return errno(libc::EINVAL);
    };
    let record = FailureRecord {
        tag: failure.tag,
        kind: failure.kind as u32,
        errno: failure.errno,
    };
    record.write(place);
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_stream_abort(stream: u32) -> i32 {
    match STREAMS.get(stream) {
        Some(stream) => {
            stream.abort();
            0
        }
        None => errno(libc::EBADF),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_stream_close(stream: u32) -> i32 {
    match STREAMS.remove(stream) {
        Some(_) => 0,
        None => errno(libc::EBADF),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_buffer_release(buffer: u32) -> i32 {
    match BUFFERS.remove(buffer) {
        Some(_) => 0,
        None => errno(libc::EBADF),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_decoder_create(settings: *const u8) -> i32 {
    // SAFETY: the caller vouches for the settings, see the header.
    match unsafe { parse_settings(settings) } {
        Ok(settings) => {
            let decoder = Decoder::new(settings.budget, settings.crypt);
            DECODERS.insert(Arc::new(decoder)) as i32
        }
        Err(error) => errno(error),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_decoder_destroy(decoder: u32) -> i32 {
    match DECODERS.remove(decoder) {
        Some(_) => 0,
        None => errno(libc::EBADF),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_decoder_buffer(decoder: u32, length: u32, place: *mut u8) -> i32 {
    let Some(decoder) = DECODERS.get(decoder) else {
        return errno(libc::EBADF);
    };
    // SAFETY: the caller vouches for eight bytes.
    let Some(place) = (unsafe { bytes_mut(place, 8) }) else {
        return errno(libc::EINVAL);
    };
    let Some(buffer) = decoder.buffer(length as usize) else {
        return errno(libc::ENOMEM);
    };
    place.copy_from_slice(&(buffer.as_ptr() as u64).to_le_bytes());
    BUFFERS.insert(Held::Plain(buffer)) as i32
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_decoder_decode(decoder: u32, request: *mut u8) -> i32 {
    // SAFETY: the caller vouches for one record.
    let Some(place) = (unsafe { bytes_mut(request, size_of::<DecodeRequest>()) }) else {
        return errno(libc::EINVAL);
    };
    let Some(mut request) = DecodeRequest::read(place) else {
        return errno(libc::EINVAL);
    };
    // Taken first: the buffer is the callee's from here on, whatever comes out.
    let blob = BUFFERS.remove(request.blob_buffer);
    let (Some(decoder), Some(Held::Plain(blob))) = (DECODERS.get(decoder), blob) else {
        return errno(libc::EBADF);
    };
    let expected = Expected {
        digest: request.digest,
        size: request.size as usize,
        encrypted: request.encrypted != 0,
    };
    let length = request.blob_length as usize;
    if length > blob.capacity() || expected.size > MAX_CHUNK as usize {
        return errno(libc::EINVAL);
    }
    match decoder.decode(blob, length, &expected) {
        Ok(plain) => {
            request.capacity = plain.buffer.capacity() as u32;
            request.address = plain.buffer.as_ptr() as u64 + plain.start as u64;
            request.buffer = BUFFERS.insert(Held::Plain(plain.buffer));
            request.write(place);
            0
        }
        Err(DecodeError::Refused(refusal)) => refusal as i32,
        Err(DecodeError::OutOfMemory) => errno(libc::ENOMEM),
    }
}
