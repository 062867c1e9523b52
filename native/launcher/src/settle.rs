use crate::failure::Failure;
use crate::pack::Pack;
use crate::place::Place;
use crate::program::{become_client, become_client_in_memory};
use crate::unpack::unpack;
use crate::unpacked::{Found, Unpacked};
use rustix::fs::Mode;
use rustix::process::umask;
use std::convert::Infallible;
use std::env;

/// Finds the unpacked files or unpacks them, and starts them. Where that fails, another place is tried.
pub fn settle(pack: &Pack) -> Result<Infallible, Failure> {
    let verify = env::var_os("PBS_CLIENT_UNPACK_VERIFY");
    let compares_digests = verify.is_some_and(|value| !value.is_empty());
    let start = |unpacked: Unpacked| become_client(pack, unpacked);
    let places = Place::all();
    for place in &places {
        let Ok(Some(folder)) = place.find() else {
            continue;
        };
        if let Found::Good(unpacked) = Unpacked::find(pack, &folder, compares_digests) {
            start(unpacked);
        }
    }
    let mut reasons = Vec::new();
    for place in &places {
        let mask = umask(Mode::RWXG | Mode::RWXO);
        let made = place
            .make()
            .and_then(|folder| unpack(pack, &folder, compares_digests));
        umask(mask);
        reasons.push(made.map_or_else(|failure| failure, start).to_string());
    }
    if let [reason] = &reasons[..] {
        return Err(Failure::new(reason));
    }
    reasons.push(become_client_in_memory(pack).to_string());
    Err(Failure::new(format!(
        "nowhere to unpack to: {}; name a folder in PBS_CLIENT_CACHE_DIR",
        reasons.join("; ")
    )))
}
