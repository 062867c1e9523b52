//! One stream: bytes go in at one end, finished chunks come out at the other.

use crate::engine::Engine;
use crate::filler::{Filler, Kind};
use crate::outlet::Outlet;
use pbs_native_interface::unpoisoned;
use pbs_native_posix::Errno;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

const WAIT_SLICE: Duration = Duration::from_millis(50);

pub struct Stream {
    pub engine: Arc<Engine>,
    pub outlet: Arc<Outlet>,
    filler: Mutex<Filler>,
    /// The write before has been carried out.
    turns: Condvar,
}

impl Stream {
    pub fn open(engine: Arc<Engine>, kind: Kind) -> Self {
        let outlet = engine.open_outlet();
        Self {
            filler: Mutex::new(Filler::new(Arc::clone(&engine), Arc::clone(&outlet), kind)),
            engine,
            outlet,
            turns: Condvar::new(),
        }
    }

    /// Carries out a command buffer when it is its turn: two writes may be looked at in any order.
    pub fn write(&self, turn: u32, commands: &[u8]) -> Result<(), Errno> {
        let mut filler = self.filler();
        while filler.turn != turn && !self.outlet.cancelled() {
            filler = unpoisoned(self.turns.wait_timeout(filler, WAIT_SLICE)).0;
        }
        let result = filler.write(commands);
        filler.turn = turn.wrapping_add(1);
        drop(filler);
        self.turns.notify_all();
        result
    }

    /// Cuts what is left; all writes must have returned.
    pub fn finish(&self) -> Result<(), Errno> {
        self.filler().end()
    }

    pub fn abort(&self) {
        self.outlet.abort();
        self.engine.pool.wake();
    }

    fn filler(&self) -> MutexGuard<'_, Filler> {
        unpoisoned(self.filler.lock())
    }
}
