//! Several processes, each with readers and writers, share one folder with too little room: every byte that any of
//! them was ever lent is right, and stays right for as long as it is held.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]
#![allow(clippy::print_stdout, reason = "what the processes did")]

mod fixture;

use std::collections::VecDeque;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use fic_cache::{Cache, Entry, Tending};
use fixture::{Place, again, check, config, disk_bytes, given, given_root, is_in_order, key, serve};

const PROCESSES: u64 = 4;
const KEYS: u64 = 300;
const HELD: usize = 40;
const QUOTA: u64 = 4 << 20;

fn len_of(n: u64) -> usize {
    2_000 + (n % 23) as usize * 2_500
}

/// Lookups, publications, evictions and removals for a while.
#[test]
#[ignore = "run by the tests of several processes"]
fn take_part() {
    let (Some(root), Some(number)) = (given_root(), given("FIC_NUMBER")) else { return };
    let time = Duration::from_millis(given("FIC_MS").unwrap());
    let cache = fixture::open(&root, config(QUOTA).with_tending(Tending::Background));
    let until = Instant::now() + time;
    thread::scope(|scope| {
        for seed in [number * 2 + 1, number * 2 + 2] {
            let cache = &cache;
            scope.spawn(move || work(cache, seed, until));
        }
    });
    let stats = cache.stats();
    println!(
        "{} resident, {} disk, {} made, {} published, {} evicted, {} already there, {} joined, {:?} uncached",
        stats.resident_hits,
        stats.disk_hits,
        stats.made,
        stats.published,
        stats.evicted,
        stats.already_there,
        stats.joined,
        stats.uncached
    );
    assert_eq!(stats.damaged.iter().sum::<u64>(), 0, "{stats:?}");
    assert_eq!(stats.io_errors, 0, "{stats:?}");
}

fn work(cache: &Cache, seed: u64, until: Instant) {
    let mut held: VecDeque<(u64, Entry)> = VecDeque::new();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    while Instant::now() < until {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Low numbers are asked for more often.
        let n = (state % KEYS) * (state >> 32 & 0xff) / 255;
        match state >> 56 {
            0 => _ = cache.remove(&key(n)),
            1 => _ = cache.remove_source(key(n).source()).unwrap(),
            2 => _ = cache.trim_to(QUOTA / 2),
            3 => assert_eq!(cache.verify().unwrap().damaged, []),
            _ => {
                let entry = serve(cache, n, len_of(n)).unwrap().entry;
                check(&entry, n, len_of(n));
                held.push_back((n, entry));
            }
        }
        if held.len() > HELD {
            let (n, entry) = held.pop_front().unwrap();
            check(&entry, n, len_of(n));
        }
    }
    held.iter().for_each(|(n, entry)| check(entry, *n, len_of(*n)));
}

fn share(place: &Place, time: Duration) {
    let root = place.root();
    let children: Vec<_> = (0..PROCESSES)
        .map(|number| {
            again(module_path!(), "take_part", &root)
                .env("FIC_NUMBER", number.to_string())
                .env("FIC_MS", time.as_millis().to_string())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{out}\n{err}");
        out.lines().filter(|line| line.contains("resident,")).for_each(|line| println!("{line}"));
    }
    let cache = place.open(config(QUOTA));
    is_in_order(&cache, &root);
    assert!(disk_bytes(&root) <= QUOTA);
    let verified = cache.verify().unwrap();
    assert!(verified.damaged.is_empty() && verified.entries > 0, "{verified:?}");
}

#[test]
fn four_processes_share_a_folder_and_every_byte_lent_stays_right() {
    share(&Place::new(), Duration::from_millis(1_500));
}

/// The long form: `cargo test -p fic-cache --release --test processes -- --ignored for_a_minute --nocapture`.
#[test]
#[ignore = "takes a minute"]
fn four_processes_share_a_folder_for_a_minute() {
    share(&Place::on_disk(), Duration::from_secs(60));
}
