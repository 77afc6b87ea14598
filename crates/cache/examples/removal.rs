//! What a removal by another process costs a cache with many entries in memory: each that the removal may be about is
//! looked for on disk.
//!
//! `cargo run --release -p fic-cache --example removal`

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a program for the developers")]

use std::time::{Duration, Instant};

use fic_cache::{Cache, Config, Form, Key, SourceId, Tending};
use fic_core::Format;

const ROUNDS: usize = 21;
/// More than are remembered by what they were about.
const MANY: u64 = 60;

fn main() {
    for entries in [1_000, 10_000] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("cache");
        let config = Config::new(1 << 30)
            .with_min_free_bytes(0)
            .with_tending(Tending::Inline)
            .with_resident(1 << 30, 2 * entries as usize);
        let (cache, peer) =
            (Cache::open(&root, config.clone()).unwrap(), Cache::open(&root, config).unwrap());
        for n in 0..entries {
            cache
                .get_or_insert_with(&key(n), |maker| maker.encoded(8, 8, Format::Png, vec![7; 2_000]))
                .unwrap();
        }
        for (what, removals) in [("nothing", 0), ("one key", 1), ("too many to tell", MANY)] {
            let mut times: Vec<Duration> = (0..ROUNDS)
                .map(|_| {
                    (0..removals).for_each(|n| _ = peer.remove(&key(entries + n)));
                    let start = Instant::now();
                    cache.tend();
                    start.elapsed()
                })
                .collect();
            times.sort();
            let median = times[ROUNDS / 2];
            println!("{entries} entries in memory, {what} removed: {:.3} ms", median.as_secs_f64() * 1e3);
        }
        assert_eq!(cache.stats().resident_entries, entries, "none of them was removed");
    }
}

fn key(number: u64) -> Key {
    Key::new(Form::Encoded, 1, SourceId::named("bench", &number.to_string()), &[0; 64])
}
