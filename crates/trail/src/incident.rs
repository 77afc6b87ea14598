//! Incidents that belong to no call: the cache found a file that is not its own, a worker could not be started.
//!
//! What counts as an incident: a decoder that fails in a way that the outline had ruled out, panics among them
//! (`incident.upstream`); a worker that ends otherwise than it should; a file of the cache that is not what its name
//! says; a disk that does not take what is written. An incident that ends a call is that call's one event
//! ([`Call::run`](crate::Call::run)); all others are told here, once each.

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

/// What can become of a worker process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkerTrouble {
    /// It ended by a signal of its own.
    Crashed,
    /// It was killed because its time was over.
    Deadline,
    /// It was killed for a system call that it may not make.
    Forbidden,
    /// It passed its memory.
    Memory,
    /// The upload ended a worker before.
    Poison,
    /// The kernel confines it less than is required.
    Posture,
    /// It answered what it must not.
    Protocol,
    /// It could not be started.
    Start,
}

impl WorkerTrouble {
    /// Every trouble, in the order of the names.
    pub const ALL: [WorkerTrouble; 8] = [
        WorkerTrouble::Crashed,
        WorkerTrouble::Deadline,
        WorkerTrouble::Forbidden,
        WorkerTrouble::Memory,
        WorkerTrouble::Poison,
        WorkerTrouble::Posture,
        WorkerTrouble::Protocol,
        WorkerTrouble::Start,
    ];

    /// The id of its event: for an error that ends a call, what its kind's `event_id` answers.
    pub const fn event_id(self) -> &'static str {
        match self {
            WorkerTrouble::Crashed => "incident.worker.crashed",
            WorkerTrouble::Deadline => "incident.worker.deadline",
            WorkerTrouble::Forbidden => "incident.worker.forbidden",
            WorkerTrouble::Memory => "incident.worker.memory",
            WorkerTrouble::Poison => "incident.worker.poison",
            WorkerTrouble::Posture => "incident.worker.posture",
            WorkerTrouble::Protocol => "incident.worker.protocol",
            WorkerTrouble::Start => "incident.worker.start",
        }
    }
}

/// Tells that something is wrong with the cache, and counts it. `reason` is a fixed word, such as the name of the
/// damage; `entry` the hexadecimal name of the file where it is about one, and no path.
pub fn cache_incident(trouble: CacheTrouble, reason: &'static str, entry: Option<&str>) {
    metric::incident(trouble.event_id(), reason);
    tell(&Told { stage: Some("cache"), reason, entry, ..Told::of(trouble.event_id()) });
}

/// Tells what became of a worker outside of any call, and counts it. Where it ends a call, the call tells of it: its
/// error's kind has the id of the event.
pub fn worker_incident(trouble: WorkerTrouble, reason: &'static str) {
    metric::incident(trouble.event_id(), reason);
    tell(&Told { stage: Some("worker"), reason, ..Told::of(trouble.event_id()) });
}
