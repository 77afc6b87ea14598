//! The files that are made: what is in them, what comes back out, what they cost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod heap;
mod pictures;
mod pixels_only;
mod round_trip;
