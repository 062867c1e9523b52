//! Digests of chunks that several threads have at about the same time: one of them hashes all.

use crate::codec::{self, Crypt};
use crate::known::Digest;
use crate::sha256::{self, LANES, Progress};
use pbs_native_interface::unpoisoned;
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard};

/// Shorter messages are hashed at once.
const WORTH_WAITING: usize = 64 * 1024;

/// Where threads meet. Who comes with a message waits for the others that were announced, until
/// there are enough of them; the last one hashes for all.
#[derive(Default)]
pub struct JointDigest {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Threads that will come with a message soon.
    announced: usize,
    next_ticket: u64,
    waiting: Vec<Message>,
    done: HashMap<u64, Digest>,
}

/// Bytes of a thread that stays in [`Announced::digest`] until they are hashed.
struct Message {
    ticket: u64,
    data: *const [u8],
    suffix: *const [u8],
}

// SAFETY: the bytes are only read, while their thread waits.
unsafe impl Send for Message {}

impl Message {
    fn data(&self) -> &[u8] {
        // As above.
        // SAFETY: the thread that owns the bytes waits for the digest.
        unsafe { &*self.data }
    }

    fn suffix(&self) -> &[u8] {
        // SAFETY: the thread that owns the bytes waits for the digest.
        unsafe { &*self.suffix }
    }
}

/// A thread's word to come with a message. Dropped if it does not.
pub struct Announced<'a>(&'a JointDigest);

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        self.0.lock().announced -= 1;
        // Those who wait may have waited for this one only.
        self.0.changed.notify_all();
    }
}

impl JointDigest {
    pub fn announce(&self) -> Announced<'_> {
        self.lock().announced += 1;
        Announced(self)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        unpoisoned(self.state.lock())
    }
}

impl Announced<'_> {
    /// Digest of a chunk, like [`codec::digest`].
    pub fn digest(self, data: &[u8], crypt: Option<&Crypt>) -> Digest {
        if data.len() < WORTH_WAITING || Progress::begin().is_none() {
            return codec::digest(data, crypt);
        }
        let suffix = crypt.map_or(&[][..], Crypt::digest_suffix);
        let joint = self.0;
        let mut state = joint.lock();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.waiting.push(Message {
            ticket,
            data,
            suffix,
        });
        drop(state);
        // No longer announced: it has come.
        drop(self);
        let mut state = joint.lock();
        loop {
            if let Some(digest) = state.done.remove(&ticket) {
                return digest;
            }
            if state.waiting.len() >= LANES || state.announced == 0 && !state.waiting.is_empty() {
                let count = state.waiting.len().min(LANES);
                let messages: Vec<Message> = state.waiting.drain(..count).collect();
                drop(state);
                let digests = hash(&messages);
                state = joint.lock();
                let tickets = messages.iter().map(|message| message.ticket);
                state.done.extend(tickets.zip(digests));
                joint.changed.notify_all();
            } else {
                state = unpoisoned(joint.changed.wait(state));
            }
        }
    }
}

fn hash(messages: &[Message]) -> Vec<Digest> {
    let mut progresses: Vec<Progress> = messages.iter().filter_map(|_| Progress::begin()).collect();
    loop {
        let (data, mut unfinished): (Vec<&[u8]>, Vec<&mut Progress>) = messages
            .iter()
            .map(Message::data)
            .zip(&mut progresses)
            .filter(|(data, progress)| data.len() - progress.done() >= sha256::BLOCK)
            .unzip();
        if unfinished.len() < 2 {
            break;
        }
        sha256::advance(&data, &mut unfinished);
    }
    messages
        .iter()
        .zip(progresses)
        .map(|(message, progress)| progress.finish(message.data(), message.suffix()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn threads_that_meet_get_the_digests_of_their_own_messages() {
        let joint = Arc::new(JointDigest::default());
        let crypt = Arc::new(Crypt::new(&[1; 32], &[2; 32]).unwrap());
        let threads: Vec<_> = (0..9usize)
            .map(|number| {
                let (joint, crypt) = (Arc::clone(&joint), Arc::clone(&crypt));
                std::thread::spawn(move || {
                    for round in 0..40 {
                        let length =
                            WORTH_WAITING - 5 + (number * 7919 + round * 104_729) % 300_000;
                        let data: Vec<u8> = (0..length).map(|at| (at * number) as u8).collect();
                        let crypt = (round % 2 == 0).then_some(&*crypt);
                        let announced = joint.announce();
                        // Some do not come.
                        if (number + round) % 5 > 0 {
                            let digest = announced.digest(&data, crypt);
                            assert_eq!(digest, codec::digest(&data, crypt), "{number} {round}");
                        }
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        let state = joint.lock();
        assert_eq!(state.announced, 0);
        assert!(state.waiting.is_empty() && state.done.is_empty());
    }
}
