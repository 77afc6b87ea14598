//! Work on untrusted bytes in worker processes that cannot hurt anyone (Linux).
//!
//! What comes in is a small request and some bytes; what leaves is a small head and an output, or the
//! [`Incident`](fic_core::Incident) that ended the worker. This crate knows nothing of pictures: what is done with the bytes is
//! a function that the worker's `main` hands to [`worker::run_if_worker`].
//!
//! - [`Pool`] starts workers, hands out jobs, enforces the deadline with a kill, replaces what broke, and remembers
//!   inputs that broke a worker.
//! - A worker confines itself before it sees the first byte ([`Posture`] says what is in force), so nothing here
//!   runs between `fork` and `exec`, and nothing here is `unsafe`.
//! - Bytes go in and come out through files in memory: sealed ones ([`SealedFile`]), so that who reads them knows that they
//!   do not change, or else copied before they are looked at.
//!
//! The README says what a worker may still call, and why.

mod posture;

#[cfg(target_os = "linux")]
mod attempt;
#[cfg(target_os = "linux")]
mod channel;
#[cfg(target_os = "linux")]
mod confine;
#[cfg(target_os = "linux")]
mod keeper;
#[cfg(target_os = "linux")]
mod memfd;
#[cfg(target_os = "linux")]
mod poison;
#[cfg(target_os = "linux")]
mod pool;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
pub mod worker;

pub use posture::{Guard, Posture, ResourceLimits};

#[cfg(target_os = "linux")]
pub use attempt::{Attempt, Outcome};
#[cfg(all(feature = "mmap", target_os = "linux"))]
pub use fic_mmap::SealedMap;
#[cfg(target_os = "linux")]
pub use memfd::{Filling, SealedFile};
#[cfg(target_os = "linux")]
pub use pool::{Config, Counts, Input, Job, NoAnswer, Pool};
#[cfg(target_os = "linux")]
pub use process::{Bounds, Done};
