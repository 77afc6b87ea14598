//! Each stage of the flow by itself, and the whole: time, throughput and heap.
//!
//! Run `cargo bench -p fic-bench`; add words to run only the benchmarks that have them in their path. Every
//! benchmark compares its answer with another way to it before it is timed. `cargo test -p fic-bench` does so
//! without timing.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark with a wrong answer must fail"
)]

mod decode;
mod encode;
mod outline;
mod resample;
mod sniff;
mod thumbnail;

use divan::AllocProfiler;

/// Shows the heap: `max alloc` is the most bytes at once.
#[global_allocator]
static COUNTING: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}
