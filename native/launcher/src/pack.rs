use crate::failure::Failure;
use crate::table::{DIGEST_LENGTH, Digest, Frame, Table, hexadecimal};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// The last bytes of the executable: table's offset and length, length of the whole, table's digest, mark.
const TRAILER_LENGTH: usize = 8 + 8 + 8 + DIGEST_LENGTH + 8;
const MARK: &[u8; 8] = b"PBSPACK1";
/// A table of ten thousand files is shorter.
const MAX_TABLE_LENGTH: u64 = 4 << 20;

/// What is appended to the executable that runs.
pub struct Pack {
    executable: File,
    pub table: Table,
    /// Stands for all of the content.
    pub digest: Digest,
    /// Where the executable is, for those who start it again.
    pub path: PathBuf,
}

impl Pack {
    /// Opens the executable that runs and reads the table.
    pub fn open() -> Result<Self, Failure> {
        let executable = File::open("/proc/self/exe")
            .map_err(|error| Failure::of("cannot read this executable", error))?;
        let path = std::fs::read_link("/proc/self/exe")
            .map_err(|error| Failure::of("cannot find this executable", error))?;
        let length = executable
            .metadata()
            .map_err(|error| Failure::of("cannot read this executable", error))?
            .len();
        let mut trailer = [0; TRAILER_LENGTH];
        let position = length
            .checked_sub(TRAILER_LENGTH as u64)
            .ok_or_else(incomplete)?;
        read(&executable, &mut trailer, position)?;
        let number = |at: usize| {
            trailer[at..at + 8]
                .iter()
                .rfold(0, |sum, &byte| sum << 8 | u64::from(byte))
        };
        let (offset, table_length, whole) = (number(0), number(8), number(16));
        if &trailer[24 + DIGEST_LENGTH..] != MARK
            || whole != length
            || table_length > MAX_TABLE_LENGTH
        {
            return Err(incomplete());
        }
        let mut text = vec![0; table_length as usize];
        read(&executable, &mut text, offset)?;
        let digest: Digest = Sha256::digest(&text).into();
        if digest[..] != trailer[24..24 + DIGEST_LENGTH] {
            return Err(damaged());
        }
        let text = String::from_utf8(text).map_err(|_| damaged())?;
        let table = Table::parse(&text)?;
        Ok(Self {
            executable,
            table,
            digest,
            path,
        })
    }

    /// Name of the folder into which this pack goes.
    pub fn folder_name(&self) -> String {
        format!("{}-{}", self.table.version, hexadecimal(&self.digest[..8]))
    }

    /// The bytes that a frame holds, compared with their digest.
    pub fn unpack(&self, frame: &Frame) -> Result<Vec<u8>, Failure> {
        let mut compressed = vec![0; frame.length];
        read(&self.executable, &mut compressed, frame.offset)?;
        let bytes = zstd::bulk::decompress(&compressed, frame.size).map_err(|_| damaged())?;
        if bytes.len() != frame.size || Digest::from(Sha256::digest(&bytes)) != frame.digest {
            return Err(damaged());
        }
        Ok(bytes)
    }
}

fn read(file: &File, into: &mut [u8], position: u64) -> Result<(), Failure> {
    file.read_exact_at(into, position)
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => incomplete(),
            _ => Failure::of("cannot read this executable", error),
        })
}

fn incomplete() -> Failure {
    Failure::new(
        "this executable is incomplete, or something was appended to it or stripped from it; get it again",
    )
}

fn damaged() -> Failure {
    Failure::new(
        "this executable is damaged: its content does not have the digest it should have; get it again",
    )
}
