//! What the caller of an extraction is told: finished batches, and what could not be done.

use crate::layout::{ExtractError, ExtractReport};
use crate::report::Failed;
use pbs_native_interface::{Record, unpoisoned};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};

/// Records that are kept for the caller; more are only counted.
const MAX_RECORDS: usize = 4096;

#[derive(Default)]
struct State {
    /// Submitted and not finished.
    batches: usize,
    tokens: VecDeque<u32>,
    records: VecDeque<Failed>,
    lost: u32,
}

/// Filled by whoever works on an extraction, and emptied by the caller.
#[derive(Default)]
pub struct Mailbox {
    state: Mutex<State>,
    /// There is something to report.
    arrived: Condvar,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        unpoisoned(self.state.lock())
    }

    pub fn batch_begins(&self) {
        self.lock().batches += 1;
    }

    pub fn batch_ends(&self, token: u32) {
        let mut state = self.lock();
        state.batches -= 1;
        state.tokens.push_back(token);
        self.arrived.notify_all();
    }

    pub fn add(&self, record: Failed) {
        let mut state = self.lock();
        if state.records.len() < MAX_RECORDS {
            state.records.push_back(record);
        } else if !record.step.is_note() {
            state.lost = state.lost.saturating_add(1);
        }
        self.arrived.notify_all();
    }

    /// Writes what there is to report (layout: native/include/pbs_extract.h). Returns the length.
    pub fn write(&self, result: &mut [u8], wait: bool) -> usize {
        let mut state = self.lock();
        while wait && state.tokens.is_empty() && state.records.is_empty() && state.batches > 0 {
            state = unpoisoned(self.arrived.wait(state));
        }
        let mut at = size_of::<ExtractReport>();
        let (mut tokens, mut records) = (0u32, 0u32);
        while at + 4 <= result.len()
            && let Some(token) = state.tokens.pop_front()
        {
            put(result, &mut at, &token.to_le_bytes());
            tokens += 1;
        }
        while let Some(record) = state.records.front() {
            let length = record.path.len().min(usize::from(u16::MAX));
            let needed = size_of::<ExtractError>() + length.next_multiple_of(4);
            // A path that would not even fit into an empty buffer is cut.
            let length = if needed <= result.len() - at {
                length
            } else if at == size_of::<ExtractReport>() && result.len() >= 64 {
                (result.len() - at - size_of::<ExtractError>()) & !3
            } else {
                break;
            };
            let head = ExtractError {
                errno: record.errno as u32,
                step: record.step as u8,
                reserved: 0,
                path_length: length as u16,
            };
            put(result, &mut at, head.as_bytes());
            put(result, &mut at, &record.path[..length]);
            at = at.next_multiple_of(4);
            records += 1;
            state.records.pop_front();
        }
        let head = ExtractReport {
            tokens,
            errors: records,
            lost: std::mem::take(&mut state.lost),
            under_way: state.batches as u32,
        };
        head.write(result);
        at
    }
}

fn put(result: &mut [u8], at: &mut usize, bytes: &[u8]) {
    result[*at..*at + bytes.len()].copy_from_slice(bytes);
    *at += bytes.len();
}
