//! A stretch of a chunk that several threads read and search for cuts, each a part of it.

use crate::buzhash::CutRule;
use crate::buzhash_table::WINDOW as HASHED;
use crate::helping::Shared;
use crate::source::read_from;
use crate::statistics::Stopwatch;
use pbs_native_interface::unpoisoned;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};

const NONE: usize = usize::MAX;

/// Bytes of a file with a place in the chunk.
pub struct Reading {
    pub fd: RawFd,
    /// In the file; None if it has to be read in order.
    pub position: Option<i64>,
    /// In the chunk.
    pub at: usize,
    pub size: usize,
    /// Whether the file should end here.
    pub last: bool,
    /// All of it was read, and the file did not go on.
    done: AtomicBool,
}

impl Reading {
    pub fn new(fd: RawFd, position: Option<i64>, at: usize, size: usize, last: bool) -> Self {
        Self {
            fd,
            position,
            at,
            size,
            last,
            done: AtomicBool::new(false),
        }
    }

    pub fn done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }
}

/// Lengths of the chunk that are looked at: a cut may be at each from `from` to `to`.
#[derive(Clone, Copy)]
pub struct Search {
    pub rule: CutRule,
    pub from: usize,
    pub to: usize,
}

/// Cuts were searched while reading: the first one, if there is one.
pub struct Searched(pub Option<usize>);

/// What one thread does at a time.
struct Part {
    /// Of the readings, and of the chunk's bytes.
    readings: std::ops::Range<usize>,
    begin: usize,
    end: usize,
    /// The first cut of those whose hash depends on bytes of this part alone.
    cut: AtomicUsize,
}

pub struct Window {
    /// The chunk.
    data: *mut u8,
    readings: Vec<Reading>,
    parts: Vec<Part>,
    search: Option<Search>,
    /// The next part that nobody has begun.
    next: AtomicUsize,
    /// The first cut found so far: parts behind it are not searched.
    first_cut: AtomicUsize,
    unfinished: Mutex<usize>,
    finished: Condvar,
    pub search_nanos: AtomicU64,
}

// SAFETY: each thread touches the bytes of the part that it has taken; see `new` for the rest.
unsafe impl Send for Window {}
// SAFETY: as above.
unsafe impl Sync for Window {}

impl Window {
    /// Parts of about `part_size` bytes of a chunk with `length` bytes, from the first reading on.
    ///
    /// # Safety
    /// Until [`Window::wait`] has returned, `data` is valid for `length` bytes, nobody else touches those
    /// from the first reading on or changes those before, and the descriptors stay open. The readings lie
    /// in order and do not overlap.
    pub unsafe fn new(
        data: *mut u8,
        length: usize,
        readings: Vec<Reading>,
        part_size: usize,
        search: Option<Search>,
    ) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        for (index, reading) in readings.iter().enumerate() {
            match parts.last_mut() {
                Some(part) if reading.at - part.begin < part_size => part.readings.end = index + 1,
                last => {
                    if let Some(last) = last {
                        last.end = reading.at;
                    }
                    parts.push(Part {
                        readings: index..index + 1,
                        begin: reading.at,
                        end: length,
                        cut: AtomicUsize::new(NONE),
                    });
                }
            }
        }
        Self {
            data,
            readings,
            search,
            next: AtomicUsize::new(0),
            first_cut: AtomicUsize::new(NONE),
            unfinished: Mutex::new(parts.len()),
            finished: Condvar::new(),
            search_nanos: AtomicU64::new(0),
            parts,
        }
    }

    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Waits until all parts are done, which have to be begun.
    pub fn wait(&self) {
        let mut unfinished = self.lock();
        while *unfinished > 0 {
            unfinished = unpoisoned(self.finished.wait(unfinished));
        }
    }

    /// The first cut, once all parts are done and everything was read.
    pub fn cut(&self) -> Option<usize> {
        let search = self.search?;
        for (number, part) in self.parts.iter().enumerate() {
            // Hashes that depend on bytes of the part before as well.
            let from = search.from.max(part.begin + 1);
            let to = search.to.min(part.begin + HASHED - 1);
            if number > 0 && from <= to {
                let bytes = self.bytes(from - HASHED, to);
                if let Some(cut) = search.rule.first_cut(bytes, HASHED) {
                    return Some(from - HASHED + cut);
                }
            }
            match part.cut.load(Ordering::Relaxed) {
                NONE => {}
                cut => return Some(cut),
            }
        }
        None
    }

    /// Bytes that no thread writes to.
    fn bytes(&self, begin: usize, end: usize) -> &[u8] {
        // SAFETY: within the chunk, and see above.
        unsafe { std::slice::from_raw_parts(self.data.add(begin), end - begin) }
    }

    fn work_on(&self, number: usize) {
        let part = &self.parts[number];
        let mut all = true;
        for reading in &self.readings[part.readings.clone()] {
            // SAFETY: the place is this part's, within the chunk.
            let place =
                unsafe { std::slice::from_raw_parts_mut(self.data.add(reading.at), reading.size) };
            let read = reading
                .position
                .is_some_and(|position| read_from(reading.fd, place, position, reading.last));
            reading.done.store(read, Ordering::Relaxed);
            all &= read;
        }
        if let Some(search) = self.search
            && all
            && self.first_cut.load(Ordering::Relaxed) > part.begin
        {
            let watch = Stopwatch::start();
            if let Some(cut) = self.search_in(number, search) {
                part.cut.store(cut, Ordering::Relaxed);
                self.first_cut.fetch_min(cut, Ordering::Relaxed);
            }
            watch.stop(&self.search_nanos);
        }
    }

    fn search_in(&self, number: usize, search: Search) -> Option<usize> {
        let part = &self.parts[number];
        let begin = match number {
            // What lies before has been there all the time.
            0 => part.begin.min(search.from - HASHED),
            _ => part.begin,
        };
        let from = search.from.max(begin + HASHED);
        let end = search.to.min(part.end);
        if from > end {
            return None;
        }
        let cut = search
            .rule
            .first_cut(self.bytes(begin, end), from - begin)?;
        Some(begin + cut)
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        unpoisoned(self.unfinished.lock())
    }
}

impl Shared for Window {
    fn left(&self) -> bool {
        self.next.load(Ordering::Relaxed) < self.parts.len()
    }

    fn work(&self) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.parts.len() {
                return;
            }
            self.work_on(number);
            let mut unfinished = self.lock();
            *unfinished -= 1;
            if *unfinished == 0 {
                self.finished.notify_all();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::FileExt;
    use std::sync::Arc;

    fn random(state: &mut u64) -> usize {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state >> 11) as usize
    }

    fn file_with(content: &[u8], name: &str) -> File {
        let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let file = File::options()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(&path)
            .unwrap();
        std::fs::remove_file(path).unwrap();
        file.write_all_at(content, 0).unwrap();
        file
    }

    /// Has a window read by some threads.
    fn read(window: Window) -> Arc<Window> {
        let window = Arc::new(window);
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let window = Arc::clone(&window);
                std::thread::spawn(move || window.work())
            })
            .collect();
        window.work();
        window.wait();
        assert!(!window.left());
        for thread in threads {
            thread.join().unwrap();
        }
        window
    }

    #[test]
    fn threads_read_what_one_reads_and_find_the_cut_that_one_finds() {
        let mut state = 0x1234_5678_9abc_def1;
        let content: Vec<u8> = (0..400_000).map(|_| random(&mut state) as u8).collect();
        let file = file_with(&content, "window");
        let mut cuts = 0;
        for round in 0..300 {
            let rule = CutRule::new([1024, 4096, 16384][round % 3]);
            let from_file = random(&mut state) % 300_000;
            let length = (1 + random(&mut state) % rule.max).min(content.len() - from_file);
            let expected = &content[from_file..from_file + length];
            let mut chunk = vec![0u8; length];
            let (mut readings, mut at) = (Vec::new(), 0);
            // Some bytes were there before, and some come from elsewhere.
            while at < length {
                let size = (1 + random(&mut state) % 2000).min(length - at);
                if random(&mut state).is_multiple_of(3) {
                    chunk[at..at + size].copy_from_slice(&expected[at..at + size]);
                } else {
                    let position = Some((from_file + at) as i64);
                    let reading = Reading::new(file.as_raw_fd(), position, at, size, false);
                    readings.push(reading);
                }
                at += size;
            }
            let (Some(first), Some(last)) = (readings.first(), readings.last()) else {
                continue;
            };
            let scanned = random(&mut state) % (first.at + 1);
            let total = readings.iter().map(|reading| reading.size).sum::<usize>();
            assert!(total <= last.at + last.size);
            let from = (scanned + 1).max(rule.min);
            let to = length.min(rule.max);
            let search = (from <= to).then_some(Search { rule, from, to });
            let part_size = 100 + random(&mut state) % 3000;
            // SAFETY: nobody else has the chunk, and the file is open all the time.
            let window =
                unsafe { Window::new(chunk.as_mut_ptr(), length, readings, part_size, search) };
            let window = read(window);
            assert!(window.readings().iter().all(Reading::done));
            let cut = window.cut().or((length >= rule.max).then_some(rule.max));
            assert_eq!(chunk, expected, "{round}");
            assert_eq!(cut, rule.find(expected, scanned), "{round}");
            cuts += usize::from(cut.is_some());
        }
        assert!(cuts > 50);
    }

    #[test]
    fn files_that_end_early_or_go_on_are_left_to_be_read_in_order() {
        let file = file_with(&[7; 1000], "window-ends");
        let mut chunk = vec![1u8; 2000];
        let reading =
            |position, at, size, last| Reading::new(file.as_raw_fd(), position, at, size, last);
        let readings = vec![
            reading(Some(0), 0, 400, false),
            reading(Some(0), 400, 600, true),
            reading(Some(400), 1000, 600, true),
            reading(Some(500), 1600, 200, false),
            reading(Some(900), 1800, 101, false),
            reading(None, 1901, 99, false),
        ];
        // SAFETY: as above.
        let window = unsafe { Window::new(chunk.as_mut_ptr(), 2000, readings, 300, None) };
        let window = read(window);
        let done: Vec<bool> = window.readings().iter().map(Reading::done).collect();
        assert_eq!(done, [true, false, true, true, false, false]);
        assert_eq!(chunk[..400], [7; 400]);
        assert_eq!(chunk[1000..1800], [7; 800]);
        assert_eq!(chunk[1901..], [1; 99]);
    }
}
