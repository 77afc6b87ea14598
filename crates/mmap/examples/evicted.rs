//! What it costs a cache of many mapped entries to look for those that other processes evicted: some at each call.
//!
//! `cargo run --release -p fic-mmap --example evicted`

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for the developers")]

#[cfg(all(feature = "map", target_os = "linux"))]
fn main() {
    use std::os::unix::fs::DirBuilderExt;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use fic_cache::{Backing, Cache, Config, Form, Key, SourceId, Tending};
    use fic_core::Format;

    for entries in [1_000_u32, 10_000] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("cache");
        std::fs::DirBuilder::new().mode(0o700).create(&root).unwrap();
        let open = std::fs::File::open(&root).unwrap();
        // SAFETY: the folder is this program's own, and only caches write to it.
        let exclusive = unsafe { fic_mmap::ExclusiveDir::assert(&open) }.unwrap();
        let config = Config::new(1 << 30)
            .with_min_free_bytes(0)
            .with_tending(Tending::Inline)
            .with_resident(1 << 30, 20_000)
            .with_backing(Backing::Mapped(Arc::new(exclusive)));
        let (cache, peer) =
            (Cache::open(&root, config.clone()).unwrap(), Cache::open(&root, config).unwrap());
        for n in 0..entries {
            let key = Key::new(Form::Encoded, 1, SourceId::named("bench", &n.to_string()), &[0; 64]);
            cache.get_or_insert_with(&key, |maker| maker.encoded(8, 8, Format::Png, vec![7; 2_000])).unwrap();
        }
        assert_eq!(cache.stats().mapped, u64::from(entries));
        let mut times: Vec<Duration> = (0..101)
            .map(|_| {
                let start = Instant::now();
                cache.tend();
                start.elapsed()
            })
            .collect();
        times.sort();
        println!("{entries} entries mapped, one call: {:.3} ms", times[50].as_secs_f64() * 1e3);
        peer.trim_to(0);
        let (start, mut calls) = (Instant::now(), 0);
        while cache.stats().mapped > 0 {
            cache.tend();
            calls += 1;
        }
        println!("all evicted by another: {calls} calls, {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    }
}

#[cfg(not(all(feature = "map", target_os = "linux")))]
fn main() {}
