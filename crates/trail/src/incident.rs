//! Incidents that belong to no call: the cache found a file that is not its own, a worker could not be started.
//!
//! What counts as an incident: a decoder that fails in a way that the outline had ruled out, panics among them
//! (`incident.upstream`); a worker that ends otherwise than it should; a file of the cache that is not what its name
//! says; a disk that does not take what is written. An incident that ends a call is that call's one event
//! ([`Call::run`](crate::Call::run)); all others are told here, once each.

use std::fmt::Display;

use fic_core::Incident;

use crate::emit::{Told, tell};
use crate::metric;

/// What can be wrong with a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheTrouble {
    /// A file is not the entry that its name says.
    Damaged,
    /// The disk is full or does not take what is written.
    Unwritable,
}

impl CacheTrouble {
    /// Both, in the order of the ids.
    pub const ALL: [CacheTrouble; 2] = [CacheTrouble::Damaged, CacheTrouble::Unwritable];

    /// The id of its event.
    pub const fn event_id(self) -> &'static str {
        match self {
            CacheTrouble::Damaged => "incident.cache.damaged",
            CacheTrouble::Unwritable => "incident.cache.unwritable",
        }
    }
}

/// Tells that something is wrong with the cache, and counts it. `reason` is a fixed word, such as the name of the
/// damage; `entry` the hexadecimal name of the file where it is about one, and no path.
pub fn cache_incident(trouble: CacheTrouble, reason: &'static str, entry: Option<&dyn Display>) {
    metric::incident(trouble.event_id(), reason);
    tell(&Told { stage: Some("cache"), reason, entry, ..Told::of(trouble.event_id()) });
}

/// Tells what became of a worker outside of any call, and counts it. Where it ends a call, the call tells of it.
pub fn worker_incident(incident: Incident) {
    metric::incident(incident.event_id(), incident.what());
    let found = incident.number().map(u64::from);
    tell(&Told { stage: Some("worker"), reason: incident.what(), found, ..Told::of(incident.event_id()) });
}
