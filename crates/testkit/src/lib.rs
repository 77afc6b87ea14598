//! What the tests of every crate share: hostile files built from readable byte builders, the valid corpus
//! with its reference pixels, and an allocator that counts.
//!
//! Not published, and never in the graph of a user. The builders write what they are told, lies included,
//! so that a test shows the lie in its own lines.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot be set up must fail"
)]

pub mod bytes;
pub mod compare;
pub mod corpus;
pub mod generate;
pub mod heap;
pub mod mutate;
pub mod samples;
#[cfg(feature = "targets")]
pub mod targets;
pub mod valid;
