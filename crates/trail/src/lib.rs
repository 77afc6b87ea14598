//! The trail that shows who tried: one `tracing` event for each refusal and each incident, a span for each stage,
//! counters and histograms, and a table of those who come back.
//!
//! In comes what the stages know anyway: an error, a format, a prediction. Out goes what a program installed a
//! subscriber, a recorder or a table for, and nothing else: without them a call costs a few loads. What is never
//! written: bytes of an upload, a path, a file name. The only text of a caller is the label of the source, bounded and
//! escaped ([`Label`]).
//!
//! `docs/events.md` has every event with its fields, for those who write rules.

mod call;
mod catalogue;
#[cfg(feature = "ecs")]
pub mod ecs;
mod emit;
mod escape;
mod incident;
mod measured;
pub mod metric;
pub mod offenders;
mod stage;

pub use call::{Call, Operation, Repeated, Subject, Summary, Watched, cache_look};
pub use catalogue::{CATALOGUE, Entry, Family, Severity, entry};
pub use escape::{LABEL_BYTES, Label, printable};
pub use incident::{CacheTrouble, cache_incident, worker_incident};
pub use measured::{Measured, measured};
pub use stage::{Task, observed};

/// The `target` of every event and span, for filters.
pub const TARGET: &str = "fastimagecache";
