//! Digest, compression, encryption and checksum of chunks (spec: datastore-formats.md §1).

use crate::known::Digest;
use crate::layout::DecodeStatus as Refusal;
use crate::pool::HEADROOM;
use aws_lc_sys as aws;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

pub const PLAIN_HEADER: usize = 12;
pub const SEALED_HEADER: usize = 44;
const IV_OFFSET: usize = 12;
const TAG_OFFSET: usize = 28;
const IV_LENGTH: usize = 16;
const TAG_LENGTH: usize = 16;
const ZSTD_LEVEL: i32 = 1;

const MAGIC_PLAIN: [u8; 8] = [0x42, 0xab, 0x38, 0x07, 0xbe, 0x83, 0x70, 0xa1];
const MAGIC_ZSTD: [u8; 8] = [0x31, 0xb9, 0x58, 0x42, 0x6f, 0xb6, 0xa3, 0x7f];
const MAGIC_SEALED: [u8; 8] = [0x7b, 0x67, 0x85, 0xbe, 0x22, 0x2d, 0x4c, 0xf0];
const MAGIC_ZSTD_SEALED: [u8; 8] = [0xe6, 0x59, 0x1b, 0xbf, 0x0b, 0xbf, 0xd8, 0x0b];

/// Keys of encrypted chunks.
pub struct Crypt {
    context: NonNull<aws::EVP_AEAD_CTX>,
    id_key: [u8; 32],
}

// SAFETY: the context is only read after it was made.
unsafe impl Send for Crypt {}
// SAFETY: as above.
unsafe impl Sync for Crypt {}

impl Crypt {
    pub fn new(encryption_key: &[u8; 32], id_key: &[u8; 32]) -> Option<Self> {
        // SAFETY: the key has the 32 bytes that the algorithm asks for.
        let context = unsafe {
            aws::EVP_AEAD_CTX_new(
                aws::EVP_aead_aes_256_gcm(),
                encryption_key.as_ptr(),
                encryption_key.len(),
                TAG_LENGTH,
            )
        };
        Some(Self {
            context: NonNull::new(context)?,
            id_key: *id_key,
        })
    }

    /// What is hashed behind the plain bytes of a chunk.
    pub fn digest_suffix(&self) -> &[u8] {
        &self.id_key
    }

    /// Encrypts `length` bytes from `input` to `output`; both may be the same place.
    ///
    /// # Safety
    /// Both pointers must be valid for `length` bytes and either equal or not overlapping.
    unsafe fn seal(
        &self,
        iv: &[u8; IV_LENGTH],
        input: *const u8,
        output: *mut u8,
        length: usize,
    ) -> Option<[u8; TAG_LENGTH]> {
        let mut tag = [0u8; TAG_LENGTH];
        let mut tag_length = 0usize;
        // SAFETY: the context is whole, and all pointers come with their lengths; the caller vouches for `input`.
        let done = unsafe {
            aws::EVP_AEAD_CTX_seal_scatter(
                self.context.as_ptr(),
                output,
                tag.as_mut_ptr(),
                &mut tag_length,
                TAG_LENGTH,
                iv.as_ptr(),
                IV_LENGTH,
                input,
                length,
                ptr::null(),
                0,
                ptr::null(),
                0,
            )
        };
        (done == 1 && tag_length == TAG_LENGTH).then_some(tag)
    }

    /// Encrypts `input` into `output`, which is as long, with a random IV. Gives neither IV nor tag.
    pub fn encrypt(&self, input: &[u8], output: &mut [u8]) -> bool {
        let mut iv = [0u8; IV_LENGTH];
        if output.len() != input.len() || pbs_native_posix::fill_random(&mut iv).is_err() {
            return false;
        }
        // SAFETY: both slices are as long, and slices of which one can be written do not overlap.
        unsafe { self.seal(&iv, input.as_ptr(), output.as_mut_ptr(), input.len()) }.is_some()
    }

    /// Decrypts in place; false if the tag does not match.
    fn open(&self, iv: &[u8], tag: &[u8], data: &mut [u8]) -> bool {
        // SAFETY: the context is whole, and all pointers come with their lengths.
        let done = unsafe {
            aws::EVP_AEAD_CTX_open_gather(
                self.context.as_ptr(),
                data.as_mut_ptr(),
                iv.as_ptr(),
                iv.len(),
                data.as_ptr(),
                data.len(),
                tag.as_ptr(),
                tag.len(),
                ptr::null(),
                0,
            )
        };
        done == 1
    }
}

impl Drop for Crypt {
    fn drop(&mut self) {
        // SAFETY: both were made by `new`, and nobody uses them afterwards.
        unsafe {
            aws::OPENSSL_cleanse(self.id_key.as_mut_ptr().cast::<c_void>(), 32);
            aws::EVP_AEAD_CTX_free(self.context.as_ptr());
        }
    }
}

/// Digest of a chunk; the id key is hashed behind the data (spec: datastore-formats.md §1.8).
pub fn digest(data: &[u8], crypt: Option<&Crypt>) -> Digest {
    let mut digest = [0u8; 32];
    let mut context = MaybeUninit::<aws::SHA256_CTX>::uninit();
    // SAFETY: `SHA256_Init` makes the context whole before it is used; the slices are readable.
    unsafe {
        let context = context.as_mut_ptr();
        aws::SHA256_Init(context);
        aws::SHA256_Update(context, data.as_ptr().cast(), data.len());
        if let Some(crypt) = crypt {
            aws::SHA256_Update(context, crypt.id_key.as_ptr().cast(), crypt.id_key.len());
        }
        aws::SHA256_Final(digest.as_mut_ptr(), context);
    }
    digest
}

/// Whether all bytes are zero; quick to say no.
pub fn is_zero(data: &[u8]) -> bool {
    let head = data.len().min(64);
    if data[..head].iter().any(|&byte| byte != 0) {
        return false;
    }
    data[..data.len() - head] == data[head..]
}

/// A compression context that is used again.
pub struct Compressor(NonNull<zstd_sys::ZSTD_CCtx>);

// SAFETY: the context is owned and tied to no thread.
unsafe impl Send for Compressor {}

impl Compressor {
    pub fn new() -> Option<Self> {
        // SAFETY: takes nothing, and gives a context or null.
        NonNull::new(unsafe { zstd_sys::ZSTD_createCCtx() }).map(Self)
    }

    /// One frame of `data` in `output`, or None if it does not get smaller than `output` is.
    pub fn compress(&mut self, data: &[u8], output: &mut [u8]) -> Option<usize> {
        // SAFETY: the context is ours, and both slices have as many bytes as they say.
        let length = unsafe {
            zstd_sys::ZSTD_compressCCtx(
                self.0.as_ptr(),
                output.as_mut_ptr().cast(),
                output.len(),
                data.as_ptr().cast(),
                data.len(),
                ZSTD_LEVEL,
            )
        };
        // SAFETY: looks at a number.
        (unsafe { zstd_sys::ZSTD_isError(length) } == 0).then_some(length)
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        // SAFETY: made by `new`, and nobody uses it afterwards.
        unsafe { zstd_sys::ZSTD_freeCCtx(self.0.as_ptr()) };
    }
}

/// Finishes a blob: `body` is either the data itself, in place behind [`HEADROOM`] bytes of
/// `chunk`, or a compressed frame elsewhere. Returns where in `chunk` the blob starts and ends.
pub fn seal_blob(
    chunk: &mut [u8],
    plain_length: usize,
    frame: Option<&[u8]>,
    crypt: Option<&Crypt>,
) -> Option<(usize, usize)> {
    let length = frame.map_or(plain_length, <[u8]>::len);
    let end = HEADROOM + length;
    let start;
    let magic;
    if let Some(crypt) = crypt {
        start = HEADROOM - SEALED_HEADER;
        magic = if frame.is_some() {
            MAGIC_ZSTD_SEALED
        } else {
            MAGIC_SEALED
        };
        let mut iv = [0u8; IV_LENGTH];
        pbs_native_posix::fill_random(&mut iv).ok()?;
        let output = chunk[HEADROOM..end].as_mut_ptr();
        let input = frame.map_or(output.cast_const(), <[u8]>::as_ptr);
        // SAFETY: input is either the output itself or another buffer of this length.
        let tag = unsafe { crypt.seal(&iv, input, output, length) }?;
        chunk[start + IV_OFFSET..start + TAG_OFFSET].copy_from_slice(&iv);
        chunk[start + TAG_OFFSET..HEADROOM].copy_from_slice(&tag);
    } else {
        start = HEADROOM - PLAIN_HEADER;
        magic = if frame.is_some() {
            MAGIC_ZSTD
        } else {
            MAGIC_PLAIN
        };
        if let Some(frame) = frame {
            chunk[HEADROOM..end].copy_from_slice(frame);
        }
    }
    let crc = crc32fast::hash(&chunk[HEADROOM..end]);
    chunk[start..start + 8].copy_from_slice(&magic);
    chunk[start + 8..start + 12].copy_from_slice(&crc.to_le_bytes());
    Some((start, end))
}

/// What a blob has to be.
pub struct Expected {
    pub digest: Digest,
    pub size: usize,
    pub encrypted: bool,
}

/// Where the plain bytes of a blob are found.
pub enum Opened {
    /// In the blob itself, from here on.
    Stored(usize),
    /// A compressed frame from here on in the blob, still to be decompressed.
    Frame(usize),
}

/// Form of a blob whose header and CRC are right.
pub struct Looked {
    /// Length of the header.
    pub header: usize,
    pub compressed: bool,
}

/// Checks header, CRC and mode of a blob.
pub fn look_at_blob(blob: &[u8], encrypted: bool) -> Result<Looked, Refusal> {
    let magic: [u8; 8] = match blob.get(..8) {
        Some(magic) if blob.len() >= PLAIN_HEADER => magic.try_into().unwrap_or_default(),
        _ => return Err(Refusal::TooSmall),
    };
    let (sealed, compressed) = match magic {
        MAGIC_PLAIN => (false, false),
        MAGIC_ZSTD => (false, true),
        MAGIC_SEALED => (true, false),
        MAGIC_ZSTD_SEALED => (true, true),
        _ => return Err(Refusal::Magic),
    };
    let header = if sealed { SEALED_HEADER } else { PLAIN_HEADER };
    if blob.len() < header {
        return Err(Refusal::TooSmall);
    }
    if crc32fast::hash(&blob[header..]).to_le_bytes() != blob[8..12] {
        return Err(Refusal::Crc);
    }
    if sealed != encrypted {
        return Err(Refusal::Mode);
    }
    Ok(Looked { header, compressed })
}

/// Checks header, CRC and mode of a blob, and decrypts it in place.
pub fn open_blob(
    blob: &mut [u8],
    encrypted: bool,
    crypt: Option<&Crypt>,
) -> Result<Opened, Refusal> {
    let Looked { header, compressed } = look_at_blob(blob, encrypted)?;
    if encrypted {
        let crypt = crypt.ok_or(Refusal::MissingKey)?;
        let (head, body) = blob.split_at_mut(header);
        if !crypt.open(&head[IV_OFFSET..TAG_OFFSET], &head[TAG_OFFSET..], body) {
            return Err(Refusal::Tag);
        }
    }
    Ok(if compressed {
        Opened::Frame(header)
    } else {
        Opened::Stored(header)
    })
}

/// A decompression context that is used again.
pub struct Decompressor(NonNull<zstd_sys::ZSTD_DCtx>);

// SAFETY: the context is owned and tied to no thread.
unsafe impl Send for Decompressor {}

impl Decompressor {
    pub fn new() -> Option<Self> {
        // SAFETY: takes nothing, and gives a context or null.
        NonNull::new(unsafe { zstd_sys::ZSTD_createDCtx() }).map(Self)
    }

    /// Decompresses any number of frames, which together have to fill `output` exactly.
    pub fn decompress(&mut self, frames: &[u8], output: &mut [u8]) -> Result<(), Refusal> {
        // SAFETY: the context is ours, and both slices have as many bytes as they say.
        let length = unsafe {
            zstd_sys::ZSTD_decompressDCtx(
                self.0.as_ptr(),
                output.as_mut_ptr().cast(),
                output.len(),
                frames.as_ptr().cast(),
                frames.len(),
            )
        };
        // SAFETY: looks at a number.
        if unsafe { zstd_sys::ZSTD_isError(length) } != 0 {
            // SAFETY: looks at a number.
            let code = unsafe { zstd_sys::ZSTD_getErrorCode(length) };
            return Err(match code {
                zstd_sys::ZSTD_ErrorCode::ZSTD_error_dstSize_tooSmall => Refusal::Size,
                _ => Refusal::Zstd,
            });
        }
        if length == output.len() {
            Ok(())
        } else {
            Err(Refusal::Size)
        }
    }
}

impl Drop for Decompressor {
    fn drop(&mut self) {
        // SAFETY: made by `new`, and nobody uses it afterwards.
        unsafe { zstd_sys::ZSTD_freeDCtx(self.0.as_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IV: [u8; 16] = [
        0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e,
        0x1f,
    ];

    fn crypt() -> Crypt {
        let key: [u8; 32] = std::array::from_fn(|index| index as u8);
        Crypt::new(&key, &[9; 32]).unwrap()
    }

    #[test]
    fn a_sixteen_byte_iv_gives_the_vector_of_the_format() {
        let data = b"interop test blob\n";
        let mut output = [0u8; 18];
        // SAFETY: both have the 18 bytes.
        let tag = unsafe { crypt().seal(&IV, data.as_ptr(), output.as_mut_ptr(), 18) }.unwrap();
        assert_eq!(output[..6], [0xe3, 0x34, 0x4e, 0x05, 0x95, 0x1e]);
        assert_eq!(tag[..6], [0x22, 0x27, 0xdb, 0x77, 0x22, 0x46]);
    }

    #[test]
    fn zero_test_looks_at_every_byte() {
        assert!(is_zero(&[]));
        assert!(is_zero(&[0; 1000]));
        for at in [0, 1, 63, 64, 65, 998, 999] {
            let mut data = [0u8; 1000];
            data[at] = 1;
            assert!(!is_zero(&data), "byte {at}");
        }
    }

    #[test]
    fn sealed_blobs_open_again_and_not_after_a_change() {
        let crypt = crypt();
        for keyed in [false, true] {
            let keys = keyed.then_some(&crypt);
            let mut chunk = vec![5u8; HEADROOM + 1000];
            let (start, end) = seal_blob(&mut chunk, 1000, None, keys).unwrap();
            let blob = chunk[start..end].to_vec();
            let mut copy = blob.clone();
            let Ok(Opened::Stored(at)) = open_blob(&mut copy, keyed, keys) else {
                panic!("refused");
            };
            assert_eq!(copy[at..], [5u8; 1000]);
            for at in 0..blob.len() {
                let mut copy = blob.clone();
                copy[at] ^= 0x40;
                assert!(open_blob(&mut copy, keyed, keys).is_err(), "byte {at}");
            }
        }
    }
}
