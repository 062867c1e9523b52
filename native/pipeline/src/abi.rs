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
    ChunkRecord, DecodeRequest, DecodeStatus, FailureRecord, PipelineCounters, PipelineSettings,
    ProblemRecord, chunk_flag, setting, stream_kind,
};
use crate::pool::Buffer;
use crate::step;
use crate::stream::Stream;
use crate::uncut;
use crate::vectors::Vectors;
use pbs_native_interface::{Function, Handles, Record, answer, bytes, bytes_mut, functions};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const MAX_CHUNK: u32 = 16 * 1024 * 1024;
const MIN_AVERAGE: u32 = 1024;
const MAX_AVERAGE: u32 = 4 * 1024 * 1024;

static ENGINES: Handles<Arc<Engine>> = Handles::new();
static STREAMS: Handles<Arc<Stream>> = Handles::new();
static DECODERS: Handles<Arc<Decoder>> = Handles::new();
/// Memory that the other side looks at.
static BUFFERS: Handles<Held> = Handles::new();

enum Held {
    Chunk {
        _memory: ChunkMemory,
        digest: Digest,
        engine: Arc<Engine>,
    },
    Plain(Buffer),
}

/// A record that the caller passes; EFAULT for null.
///
/// # Safety
/// `place` is null or points to one, which need not be aligned.
unsafe fn record<T: Record>(place: *const T) -> Result<T, i32> {
    // SAFETY: not null, and the caller vouches for a record.
    (!place.is_null())
        .then(|| unsafe { place.read_unaligned() })
        .ok_or(libc::EFAULT)
}

/// Places for records that the caller passes; EFAULT for null.
///
/// # Safety
/// `start` is null or points to `count` records, which need not be aligned and nobody else uses.
unsafe fn places<'a, T: Record>(start: *mut T, count: usize) -> Result<&'a mut [u8], i32> {
    if start.is_null() {
        return Err(libc::EFAULT);
    }
    let length = count.checked_mul(size_of::<T>()).ok_or(libc::EINVAL)?;
    // SAFETY: the caller vouches for as many records.
    unsafe { bytes_mut(start.cast(), length) }
}

/// # Safety
/// `settings` must be null or valid for one record.
unsafe fn parse_settings(settings: *const PipelineSettings) -> Result<Settings, i32> {
    // SAFETY: the caller vouches for one record.
    let settings = unsafe { record(settings) }?;
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
pub unsafe extern "C" fn pbs_pipeline_create(settings: *const PipelineSettings) -> i32 {
    // SAFETY: the caller vouches for the settings, see the header.
    let engine = unsafe { parse_settings(settings) }.and_then(|settings| {
        Engine::start(settings).map_err(|error| error.raw_os_error().unwrap_or(libc::EAGAIN))
    });
    answer(engine.map(|engine| ENGINES.insert(engine) as i32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_pipeline_add_known(
    engine: u32,
    digests: *const u8,
    count: usize,
) -> i32 {
    let Some(length) = count.checked_mul(32) else {
        return -libc::EINVAL;
    };
    // SAFETY: the caller vouches for as many bytes.
    let digests = unsafe { bytes(digests, length) };
    answer(ENGINES.get(engine).and_then(|engine| {
        engine.known.add(digests?.as_chunks().0);
        Ok(0)
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_pipeline_statistics(
    engine: u32,
    counters: *mut PipelineCounters,
) -> i32 {
    // SAFETY: the caller vouches for one record.
    let place = unsafe { places(counters, 1) };
    answer(ENGINES.get(engine).and_then(|engine| {
        statistics(&engine).write(place?);
        Ok(0)
    }))
}

fn statistics(engine: &Engine) -> PipelineCounters {
    let statistics = &engine.statistics;
    let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let cut_nanos = load(&statistics.cut_nanos);
    let (mapped, peak) = engine.pool.usage();
    PipelineCounters {
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
        together_bytes: load(&statistics.together_bytes),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_vector_paths() -> i32 {
    Vectors::allowed().paths() as i32
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_pipeline_destroy(engine: u32) -> i32 {
    answer(ENGINES.remove(engine).map(|engine| {
        engine.close();
        0
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_step_run(
    step: u32,
    input: *const u8,
    length: usize,
    output: *mut u8,
    capacity: usize,
    key: *const u8,
) -> i32 {
    // SAFETY: the caller vouches for as many bytes in places of their own, and for 32 of the key.
    let memory = unsafe { (bytes(input, length), bytes_mut(output, capacity)) };
    let (Ok(input), Ok(output)) = memory else {
        return -libc::EFAULT;
    };
    // SAFETY: as above.
    let key = unsafe { bytes(key, 32) }.ok();
    let key = key.and_then(<[u8]>::first_chunk);
    answer(step::run(step, input, output, key).map(|length| length as i32))
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_stream_open(engine: u32, kind: u32, size: u32) -> i32 {
    answer(ENGINES.get(engine).and_then(|engine| {
        let average = size.is_power_of_two() && (MIN_AVERAGE..=MAX_AVERAGE).contains(&size);
        let kind = match kind {
            stream_kind::DYNAMIC if average => Kind::Dynamic(CutRule::new(size as usize)),
            stream_kind::FIXED if (1..=MAX_CHUNK).contains(&size) => Kind::Fixed(size as usize),
            stream_kind::PAYLOAD if average => Kind::Payload(CutRule::new(size as usize)),
            _ => return Err(libc::EINVAL),
        };
        Ok(STREAMS.insert(Arc::new(Stream::open(engine, kind))) as i32)
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_stream_write(
    stream: u32,
    commands: *const u8,
    length: usize,
    turn: u32,
) -> i32 {
    // SAFETY: the caller vouches for as many bytes.
    let commands = match unsafe { bytes(commands, length) } {
        Ok(commands) => commands,
        Err(errno) => return -errno,
    };
    let Ok(stream) = STREAMS.get(stream) else {
        Commands(commands).for_each(drop);
        return -libc::EBADF;
    };
    let written = stream.write(turn, commands);
    answer(written.map(|()| i32::try_from(stream.outlet.problem_count()).unwrap_or(i32::MAX)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_stream_discard(commands: *const u8, length: usize) -> i32 {
    // SAFETY: the caller vouches for as many bytes.
    answer(unsafe { bytes(commands, length) }.map(|commands| {
        Commands(commands).for_each(drop);
        0
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_stream_end(stream: u32) -> i32 {
    answer(
        STREAMS
            .get(stream)
            .and_then(|stream| stream.finish())
            .map(|()| 0),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_stream_next(
    stream: u32,
    records: *mut ChunkRecord,
    limit: u32,
) -> i32 {
    let limit = limit as usize;
    // SAFETY: the caller vouches for as many records.
    let records = unsafe { places(records, limit) };
    answer(STREAMS.get(stream).and_then(|stream| {
        let places = records?.chunks_exact_mut(size_of::<ChunkRecord>());
        let finished = stream.outlet.take(limit)?;
        let count = finished.len() as i32;
        for (place, finished) in places.zip(finished) {
            chunk_record(finished, &stream.engine).write(place);
        }
        Ok(count)
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_chunk_settle(buffer: u32) -> i32 {
    let first = BUFFERS.with(buffer, |held| match held {
        Held::Chunk { digest, engine, .. } => engine.known.settle(digest),
        Held::Plain(_) => true,
    });
    answer(first.map(|first| {
        if !first {
            drop(BUFFERS.remove(buffer));
        }
        i32::from(first)
    }))
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
pub unsafe extern "C" fn pbs_stream_problems(
    stream: u32,
    records: *mut ProblemRecord,
    limit: u32,
) -> i32 {
    let limit = limit as usize;
    // SAFETY: the caller vouches for as many records.
    let records = unsafe { places(records, limit) };
    answer(STREAMS.get(stream).and_then(|stream| {
        let places = records?.chunks_exact_mut(size_of::<ProblemRecord>());
        let problems = stream.outlet.take_problems(limit);
        for (place, problem) in places.zip(&problems) {
            problem.record().write(place);
        }
        Ok(problems.len() as i32)
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_stream_failure(stream: u32, record: *mut FailureRecord) -> i32 {
    // SAFETY: the caller vouches for one record.
    let place = unsafe { places(record, 1) };
    answer(STREAMS.get(stream).and_then(|stream| {
        let failure = stream.outlet.failure().ok_or(libc::ENODATA)?;
        let record = FailureRecord {
            tag: failure.tag,
            kind: failure.kind as u32,
            errno: failure.errno,
            offset: failure.offset.unwrap_or(u64::MAX),
        };
        record.write(place?);
        Ok(0)
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_stream_abort(stream: u32) -> i32 {
    answer(STREAMS.get(stream).map(|stream| {
        stream.abort();
        0
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_stream_close(stream: u32) -> i32 {
    answer(STREAMS.remove(stream).map(|_| 0))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_uncut_write(
    output: i32,
    commands: *const u8,
    length: usize,
    cancelled: *mut u32,
    problems: *mut ProblemRecord,
    limit: u32,
) -> i32 {
    if cancelled.is_null() || !cancelled.is_aligned() {
        return -libc::EINVAL;
    }
    // SAFETY: the caller vouches for the bytes, and for as many records.
    let memory = unsafe { (bytes(commands, length), places(problems, limit as usize)) };
    let (Ok(commands), Ok(places)) = memory else {
        return -libc::EFAULT;
    };
    // SAFETY: aligned, and the caller vouches for a word that others only set.
    let cancelled = unsafe { AtomicU32::from_ptr(cancelled) };
    answer(
        uncut::write(output, commands, cancelled).and_then(|problems| {
            if problems.len() > limit as usize {
                return Err(libc::EOVERFLOW);
            }
            let places = places.chunks_exact_mut(size_of::<ProblemRecord>());
            for (place, problem) in places.zip(&problems) {
                problem.record().write(place);
            }
            Ok(problems.len() as i32)
        }),
    )
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_buffer_release(buffer: u32) -> i32 {
    answer(BUFFERS.remove(buffer).map(|_| 0))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_decoder_create(settings: *const PipelineSettings) -> i32 {
    // SAFETY: the caller vouches for the settings, see the header.
    answer(unsafe { parse_settings(settings) }.map(|settings| {
        let decoder = Decoder::new(settings.budget, settings.crypt);
        DECODERS.insert(Arc::new(decoder)) as i32
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn pbs_decoder_destroy(decoder: u32) -> i32 {
    answer(DECODERS.remove(decoder).map(|_| 0))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_decoder_buffer(decoder: u32, length: u32, address: *mut u64) -> i32 {
    if address.is_null() {
        return -libc::EFAULT;
    }
    answer(DECODERS.get(decoder).and_then(|decoder| {
        let buffer = decoder.buffer(length as usize).ok_or(libc::ENOMEM)?;
        // SAFETY: not null, and the caller vouches for one number, which need not be aligned.
        unsafe { address.write_unaligned(buffer.as_ptr() as u64) };
        Ok(BUFFERS.insert(Held::Plain(buffer)) as i32)
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_decoder_decode(decoder: u32, request: *mut DecodeRequest) -> i32 {
    // SAFETY: the caller vouches for one record.
    unsafe { answer_request(decoder, request, decode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pbs_decoder_check(decoder: u32, request: *mut DecodeRequest) -> i32 {
    // SAFETY: the caller vouches for one record.
    unsafe { answer_request(decoder, request, check) }
}

/// What a request leads to: the blob's memory, and where the wanted bytes begin in it.
type Served = Result<(Buffer, usize), DecodeError>;

/// # Safety
/// `request` is null or points to one record.
unsafe fn answer_request(
    decoder: u32,
    request: *mut DecodeRequest,
    serve: fn(&Decoder, Buffer, usize, &Expected) -> Served,
) -> i32 {
    // SAFETY: the caller vouches for one record.
    match unsafe { record(request) } {
        Ok(asked) => answer(
            serve_request(decoder, asked, serve).map(|served| match served {
                Ok(answered) => {
                    // SAFETY: not null, and the caller vouches for one record, which need not be aligned.
                    unsafe { request.write_unaligned(answered) };
                    0
                }
                Err(refusal) => refusal as i32,
            }),
        ),
        Err(errno) => -errno,
    }
}

/// The request with the answer in it, or why the blob was refused.
fn serve_request(
    decoder: u32,
    request: DecodeRequest,
    serve: fn(&Decoder, Buffer, usize, &Expected) -> Served,
) -> Result<Result<DecodeRequest, DecodeStatus>, i32> {
    // Taken first: the buffer is the callee's from here on, whatever comes out.
    let blob = BUFFERS.remove(request.blob_buffer);
    let decoder = DECODERS.get(decoder)?;
    let Held::Plain(blob) = blob? else {
        return Err(libc::EBADF);
    };
    let expected = Expected {
        digest: request.digest,
        size: request.size as usize,
        encrypted: request.encrypted != 0,
    };
    let length = request.blob_length as usize;
    if length > blob.capacity() || expected.size > MAX_CHUNK as usize {
        return Err(libc::EINVAL);
    }
    match serve(&decoder, blob, length, &expected) {
        Ok((buffer, start)) => Ok(Ok(DecodeRequest {
            capacity: buffer.capacity() as u32,
            address: buffer.as_ptr() as u64 + start as u64,
            buffer: BUFFERS.insert(Held::Plain(buffer)),
            ..request
        })),
        Err(DecodeError::Refused(refusal)) => Ok(Err(refusal)),
        Err(DecodeError::OutOfMemory) => Err(libc::ENOMEM),
    }
}

fn decode(decoder: &Decoder, blob: Buffer, length: usize, expected: &Expected) -> Served {
    let plain = decoder.decode(blob, length, expected)?;
    Ok((plain.buffer, plain.start))
}

fn check(decoder: &Decoder, blob: Buffer, length: usize, expected: &Expected) -> Served {
    decoder.check(&blob, length, expected)?;
    Ok((blob, 0))
}

/// All of them.
pub const FUNCTIONS: &[Function] = functions![
    pbs_pipeline_create(_),
    pbs_pipeline_add_known(_, _, _),
    pbs_pipeline_statistics(_, _),
    pbs_vector_paths(),
    pbs_pipeline_destroy(_),
    pbs_step_run(_, _, _, _, _, _),
    pbs_stream_open(_, _, _),
    pbs_stream_write(_, _, _, _),
    pbs_stream_discard(_, _),
    pbs_stream_end(_),
    pbs_stream_next(_, _, _),
    pbs_chunk_settle(_),
    pbs_stream_problems(_, _, _),
    pbs_stream_failure(_, _),
    pbs_stream_abort(_),
    pbs_stream_close(_),
    pbs_uncut_write(_, _, _, _, _, _),
    pbs_buffer_release(_),
    pbs_decoder_create(_),
    pbs_decoder_destroy(_),
    pbs_decoder_buffer(_, _, _),
    pbs_decoder_decode(_, _),
    pbs_decoder_check(_, _),
];
