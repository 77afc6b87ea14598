//! What a hit in memory costs: no allocation, no call of the system. (How long it takes: `examples/hit.rs`.)

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

mod fixture;

use std::hint::black_box;
use std::process::Command;

use fic_cache::{Cache, Origin};
use fixture::{Place, again, config, given_root, key, serve};
use rustix::fs::{CWD, Mode, OFlags};

const HITS: u64 = 10_000;

fn hit(cache: &Cache, times: u64) {
    for n in 0..times {
        let served = cache.get(&key_of(n)).unwrap();
        assert_eq!(served.origin, Origin::Resident);
        black_box(served.entry.payload());
    }
}

fn key_of(n: u64) -> fic_cache::Key {
    key(n % 10)
}

#[test]
fn a_hit_in_memory_allocates_nothing() {
    let place = Place::new();
    let cache = place.open(config(16 << 20));
    (0..10).for_each(|n| _ = serve(&cache, n, 10_000).unwrap());
    let keys: Vec<_> = (0..10).map(key).collect();
    let counted = allocation_counter::measure(|| {
        for n in 0..HITS as usize {
            black_box(cache.get(&keys[n % 10]).unwrap().entry.payload());
            black_box(cache.peek(&keys[n % 10]).unwrap());
        }
    });
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
}

/// Hits, between two calls of the system that are easy to find in a trace.
#[test]
#[ignore = "run by a_hit_in_memory_makes_no_call_of_the_system"]
fn hits_between_two_marks() {
    let Some(root) = given_root() else { return };
    let cache = fixture::open(&root, config(16 << 20));
    (0..10).for_each(|n| _ = serve(&cache, n, 10_000).unwrap());
    hit(&cache, 10);
    let mark = |name| _ = rustix::fs::openat(CWD, name, OFlags::RDONLY, Mode::empty());
    mark("/first-mark");
    hit(&cache, HITS);
    mark("/second-mark");
}

#[test]
fn a_hit_in_memory_makes_no_call_of_the_system() {
    let place = Place::new();
    let trace = place.0.path().join("trace");
    let plain = again(module_path!(), "hits_between_two_marks", &place.root());
    let mut traced = Command::new("strace");
    traced.args(["-f", "-o"]).arg(&trace).arg(plain.get_program()).args(plain.get_args());
    traced.env("FIC_CACHE_ROOT", place.root());
    match traced.output() {
        Ok(output) if output.status.success() => {}
        other => {
            println!("skipped: strace is not to be had: {other:?}");
            return;
        }
    }
    let trace = std::fs::read_to_string(trace).unwrap();
    let thread = trace.lines().find(|line| line.contains("first-mark")).unwrap().split(' ').next().unwrap();
    let of_thread: Vec<&str> = trace.lines().filter(|line| line.starts_with(thread)).collect();
    let at = |mark: &str| of_thread.iter().position(|line| line.contains(mark)).unwrap();
    let between = &of_thread[at("first-mark") + 1..at("second-mark")];
    assert_eq!(between, &[] as &[&str], "{HITS} hits");
}
