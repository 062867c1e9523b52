use crate::failure::Failure;

pub const DIGEST_LENGTH: usize = 32;
pub type Digest = [u8; DIGEST_LENGTH];

/// A part of the pack: compressed by itself, so that several can be unpacked at once.
#[derive(Debug, PartialEq)]
pub struct Frame {
    /// Where it begins in the executable.
    pub offset: u64,
    /// Length of the compressed bytes.
    pub length: usize,
    /// Length of the bytes it holds.
    pub size: usize,
    pub digest: Digest,
}

/// How a file is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Executable,
    Plain,
    /// Where nothing can be written; it is not unpacked into folders.
    Memory,
}

/// A file of the pack. One after the other they are the bytes that the frames hold.
#[derive(Debug, PartialEq)]
pub struct PackedFile {
    /// Where it begins in the bytes that the frames hold.
    pub start: u64,
    pub size: u64,
    pub kind: Kind,
    pub digest: Digest,
    /// Relative to the folder of the pack.
    pub path: String,
}

/// What a pack holds.
pub struct Table {
    pub version: String,
    pub frames: Vec<Frame>,
    pub files: Vec<PackedFile>,
}

impl Table {
    /// The files that are unpacked into a folder.
    pub fn unpacked(&self) -> impl Iterator<Item = &PackedFile> {
        self.files.iter().filter(|file| file.kind != Kind::Memory)
    }

    /// Reads the lines that `scripts/pack` has written.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut table = Self {
            version: String::new(),
            frames: Vec::new(),
            files: Vec::new(),
        };
        let mut start = 0;
        let mut size = 0;
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["version", version] if is_plain(version) => table.version = version.to_owned(),
                ["frame", offset, length, held, digest] => {
                    let frame = Frame {
                        offset: number(offset)?,
                        length: number(length)? as usize,
                        size: number(held)? as usize,
                        digest: parse_digest(digest)?,
                    };
                    size += frame.size as u64;
                    table.frames.push(frame);
                }
                ["file", length, kind, digest, path] if is_relative(path) => {
                    let file = PackedFile {
                        start,
                        size: number(length)?,
                        kind: parse_kind(kind)?,
                        digest: parse_digest(digest)?,
                        path: path.to_owned(),
                    };
                    start += file.size;
                    table.files.push(file);
                }
                _ => return Err(unreadable()),
            }
        }
        if start != size || start == 0 || table.version.is_empty() {
            return Err(unreadable());
        }
        Ok(table)
    }
}

fn unreadable() -> Failure {
    Failure::new("this executable's list of contents cannot be read; get it again")
}

fn number(text: &str) -> Result<u64, Failure> {
    // Sums of these stay far below the limits of their types.
    text.parse::<u32>().map(u64::from).map_err(|_| unreadable())
}

fn parse_digest(text: &str) -> Result<Digest, Failure> {
    let mut digest = [0; DIGEST_LENGTH];
    if text.len() != 2 * DIGEST_LENGTH || !text.is_ascii() {
        return Err(unreadable());
    }
    for (index, byte) in digest.iter_mut().enumerate() {
        *byte =
            u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| unreadable())?;
    }
    Ok(digest)
}

fn parse_kind(word: &str) -> Result<Kind, Failure> {
    match word {
        "x" => Ok(Kind::Executable),
        "-" => Ok(Kind::Plain),
        "m" => Ok(Kind::Memory),
        _ => Err(unreadable()),
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}

/// Whether a path stays in the folder it is taken from.
fn is_relative(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// A digest in hexadecimal digits.
pub fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "table_test.rs"]
mod tests;
