//! The C interface; described in `include/pbs_pipeline.h`.

use crate::buzhash::CutRule;
use crate::codec::{Crypt, Expected};
use crate::commands::Commands;
use crate::decoder::{DecodeError, Decoder};
use crate::engine::{Engine, Settings};
use crate::filler::Kind;
use crate::known::Digest;
use crate::pool::Buffer;
use crate::registry::Registry;
use crate::stream::{ChunkMemory, Finished, Stream};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const SETTINGS_LENGTH: usize = 80;
const COMPRESS: u32 = 1;
const CRYPT: u32 = 2;
const CHUNK_RECORD: usize = 80;
const PROBLEM_RECORD: usize = 32;
const FAILURE_RECORD: usize = 16;
const DECODE_RECORD: usize = 80;
const KNOWN: u32 = 1;
const INJECTED: u32 = 2;
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

fn read_u32(bytes: &[u8], at: usize) -> u32 {
    let mut value = [0; 4];
    value.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(value)
}

fn read_u64(bytes: &[u8], at: usize) -> u64 {
    let mut value = [0; 8];
    value.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(value)
}

fn put(record: &mut [u8], at: usize, bytes: &[u8]) {
    record[at..at + bytes.len()].copy_from_slice(bytes);
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
/// `settings` must be null or valid for `SETTINGS_LENGTH` bytes.
unsafe fn parse_settings(settings: *const u8) -> Result<Settings, i32> {
    // SAFETY: the caller vouches for `SETTINGS_LENGTH` bytes.
    let settings = unsafe { bytes(settings, SETTINGS_LENGTH) }.ok_or(libc::EINVAL)?;
    let flags = read_u32(settings, 12);
    let workers = match read_u32(settings, 8) {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers as usize,
    };
    let crypt = if flags & CRYPT != 0 {
        let encryption_key = settings[16..48].try_into().map_err(|_| libc::EINVAL)?;
        let id_key = settings[48..80].try_into().map_err(|_| libc::EINVAL)?;
        Some(Crypt::new(encryption_key, id_key).ok_or(libc::ENOMEM)?)
    } else {
        None
    };
    Ok(Settings {
        budget: usize::try_from(read_u64(settings, 0)).map_err(|_| libc::EINVAL)?,
        workers: workers.min(256),
        compress: flags & COMPRESS != 0,
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
pub unsafe extern "C" fn pbs_pipeline_statistics(engine: u32, values: *mut u64, count: u32) -> i32 {
    let Some(engine) = ENGINES.get(engine) else {
        return errno(libc::EBADF);
    };
    let statistics = &engine.statistics;
    let fill = statistics.fill_nanos.load(Ordering::Relaxed);
    let cut = statistics.cut_nanos.load(Ordering::Relaxed);
    let (mapped, peak) = engine.pool.usage();
    let all = [
        fill.saturating_sub(cut),
        cut,
        statistics.hash_nanos.load(Ordering::Relaxed),
        statistics.compress_nanos.load(Ordering::Relaxed),
        statistics.seal_nanos.load(Ordering::Relaxed),
        engine.pool.wait_nanos() as u64,
        statistics.hashed_bytes.load(Ordering::Relaxed),
        statistics.encoded_bytes.load(Ordering::Relaxed),
        statistics.blob_bytes.load(Ordering::Relaxed),
        mapped as u64,
        peak as u64,
    ];
    let count = all.len().min(count as usize);
    // SAFETY: the caller vouches for as many numbers.
    let Some(values) = (unsafe { bytes_mut(values.cast(), count * 8) }) else {
        return errno(libc::EINVAL);
    };
    for (place, value) in values.chunks_exact_mut(8).zip(all) {
        place.copy_from_slice(&value.to_le_bytes());
    }
    count as i32
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
        0 if average => Kind::Dynamic(CutRule::new(size as usize)),
        1 if (1..=MAX_CHUNK).contains(&size) => Kind::Fixed(size as usize),
        2 if average => Kind::Payload(CutRule::new(size as usize)),
        _ => return errno(libc::EINVAL),
    };
    STREAMS.insert(engine.open_stream(kind)) as i32
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
        Ok(()) => i32::try_from(stream.problem_count()).unwrap_or(i32::MAX),
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
    let Some(records) = (unsafe { bytes_mut(records, limit * CHUNK_RECORD) }) else {
        return errno(libc::EINVAL);
    };
    let finished = match stream.take(limit) {
        Ok(finished) => finished,
        Err(error) => return errno(error),
    };
    let count = finished.len() as i32;
    for (record, finished) in records.chunks_exact_mut(CHUNK_RECORD).zip(finished) {
        pack_chunk(record, finished, &stream.engine);
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

/// Layout of a record of `pbs_stream_next`.
fn pack_chunk(record: &mut [u8], finished: Finished, engine: &Arc<Engine>) {
    record.fill(0);
    put(record, 0, &finished.digest);
    put(record, 32, &finished.offset.to_le_bytes());
    put(record, 48, &finished.size.to_le_bytes());
    let mut flags = if finished.injected { INJECTED } else { 0 };
    match finished.blob {
        None => flags |= KNOWN,
        Some(blob) => {
            let length = (blob.end - blob.start) as u32;
            let address = blob.memory.buffer.slice(blob.start, blob.end).as_ptr();
            let held = Held::Chunk {
                _memory: blob.memory,
                digest: finished.digest,
                engine: Arc::clone(engine),
            };
            put(record, 40, &length.to_le_bytes());
            put(record, 56, &BUFFERS.insert(held).to_le_bytes());
            put(record, 64, &(address as u64).to_le_bytes());
        }
    }
    put(record, 60, &flags.to_le_bytes());
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_stream_problems(stream: u32, records: *mut u8, limit: u32) -> i32 {
    let Some(stream) = STREAMS.get(stream) else {
        return errno(libc::EBADF);
    };
    let limit = limit as usize;
    // SAFETY: the caller vouches for as many records.
    let Some(records) = (unsafe { bytes_mut(records, limit * PROBLEM_RECORD) }) else {
        return errno(libc::EINVAL);
    };
    let problems = stream.take_problems(limit);
    for (record, problem) in records.chunks_exact_mut(PROBLEM_RECORD).zip(&problems) {
        put(record, 0, &problem.tag.to_le_bytes());
        put(record, 8, &(problem.kind as u32).to_le_bytes());
        put(record, 12, &problem.errno.to_le_bytes());
        put(record, 16, &problem.offset.to_le_bytes());
        put(record, 24, &problem.length.to_le_bytes());
    }
    problems.len() as i32
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_stream_failure(stream: u32, record: *mut u8) -> i32 {
    let Some(failure) = STREAMS.get(stream).and_then(|stream| stream.failure()) else {
        return errno(libc::ENODATA);
    };
    // SAFETY: the caller vouches for one record.
    let Some(record) = (unsafe { bytes_mut(record, FAILURE_RECORD) }) else {
        return errno(libc::EINVAL);
    };
    put(record, 0, &failure.tag.to_le_bytes());
    put(record, 8, &(failure.kind as u32).to_le_bytes());
    put(record, 12, &failure.errno.to_le_bytes());
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
    let Some(request) = (unsafe { bytes_mut(request, DECODE_RECORD) }) else {
        return errno(libc::EINVAL);
    };
    // Taken first: the buffer is the callee's from here on, whatever comes out.
    let blob = BUFFERS.remove(read_u32(request, 40));
    let (Some(decoder), Some(Held::Plain(blob))) = (DECODERS.get(decoder), blob) else {
        return errno(libc::EBADF);
    };
    let mut expected = Expected {
        digest: [0; 32],
        size: read_u32(request, 32) as usize,
        encrypted: read_u32(request, 36) != 0,
    };
    expected.digest.copy_from_slice(&request[..32]);
    let length = read_u32(request, 44) as usize;
    if length > blob.capacity() || expected.size > MAX_CHUNK as usize {
        return errno(libc::EINVAL);
    }
    match decoder.decode(blob, length, &expected) {
        Ok(plain) => {
            let capacity = plain.buffer.capacity() as u32;
            let address = plain.buffer.as_ptr() as u64 + plain.start as u64;
            let number = BUFFERS.insert(Held::Plain(plain.buffer));
            put(request, 56, &number.to_le_bytes());
            put(request, 60, &capacity.to_le_bytes());
            put(request, 64, &address.to_le_bytes());
            0
        }
        Err(DecodeError::Refused(refusal)) => refusal as i32,
        Err(DecodeError::OutOfMemory) => errno(libc::ENOMEM),
    }
}
