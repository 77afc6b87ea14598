//! Processes that are killed: at every step of a publication, and at any moment. What they said was published is
//! there, what is there is right, nothing else is, and the counts say so.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up must fail"
)]
#![allow(clippy::print_stdout, reason = "how the killed process says what it published")]

mod fixture;

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use fic_cache::{Cache, Durability, Faults, Origin, Step};
use fixture::{Place, again, check, disk_only, file_of, given, given_root, is_in_order, key, serve};
use rustix::process::{Signal, getpid, kill_process};

const LEN: usize = 9_000;
const MIB: u64 = 1 << 20;
/// The entries before the one that is interrupted.
const BEFORE: u64 = 3;

/// Publishes entries and says which, until it is killed before step `FIC_STEP` of the fourth.
#[test]
#[ignore = "run by killed_at_any_step_of_a_publication"]
fn publish_and_die() {
    let (Some(root), Some(step)) = (given_root(), given("FIC_STEP")) else { return };
    let step = Step::ALL[step as usize];
    let durability =
        if given("FIC_DURABLE") == Some(1) { Durability::PowerLoss } else { Durability::ProcessCrash };
    let count = std::sync::atomic::AtomicU64::new(0);
    let faults = Faults::new(move |at| {
        if at == step && count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == BEFORE {
            kill_process(getpid(), Signal::KILL).unwrap();
            thread::sleep(Duration::from_secs(60));
        }
        Ok(())
    });
    let cache = fixture::open(&root, disk_only(64 * MIB).with_faults(faults).with_durability(durability));
    for n in 0..=BEFORE {
        assert_eq!(serve(&cache, n, LEN).unwrap().origin, Origin::Made);
        say(n);
    }
}

/// Takes room for a large entry and is killed before it writes a byte.
#[test]
#[ignore = "run by the tests that need room taken in vain"]
fn take_room_and_die() {
    let Some(root) = given_root() else { return };
    let faults = Faults::new(|step| {
        if step == Step::Create {
            kill_process(getpid(), Signal::KILL).unwrap();
            thread::sleep(Duration::from_secs(60));
        }
        Ok(())
    });
    let cache = fixture::open(&root, disk_only(8 * MIB).with_faults(faults));
    serve(&cache, 1_000_000, 5 * MIB as usize).unwrap();
}

/// Publishes entries from `FIC_FIRST` on and says which, until it is killed.
#[test]
#[ignore = "run by the tests that kill it"]
fn publish_until_killed() {
    let (Some(root), Some(first)) = (given_root(), given("FIC_FIRST")) else { return };
    let cache = fixture::open(&root, disk_only(given("FIC_QUOTA").unwrap()));
    thread::scope(|scope| {
        for thread in 0..2 {
            let cache = &cache;
            scope.spawn(move || {
                for n in (first + thread..).step_by(2) {
                    let len = LEN + (n % 7) as usize * 5_000;
                    if serve(cache, n, len).unwrap().origin == Origin::Made {
                        say(n);
                    }
                    if n % 5 == 0 && given("FIC_REMOVE") == Some(1) {
                        cache.remove(&key(n / 2));
                    }
                }
            });
        }
    });
}

/// One line in one write: whole or not there.
fn say(n: u64) {
    io::stdout().lock().write_all(format!("published {n}\n").as_bytes()).unwrap();
    io::stdout().flush().unwrap();
}

fn said(output: impl Read) -> BTreeSet<u64> {
    let lines = BufReader::new(output).lines().map_while(Result::ok);
    lines.filter_map(|line| line.split("published ").nth(1)?.parse().ok()).collect()
}

#[test]
fn killed_at_any_step_of_a_publication_nothing_is_lost_and_nothing_is_left() {
    for durable in [0, 1] {
        for (number, step) in Step::ALL.into_iter().enumerate() {
            let place = Place::new();
            let output = again(module_path!(), "publish_and_die", &place.root())
                .env("FIC_STEP", number.to_string())
                .env("FIC_DURABLE", durable.to_string())
                .output()
                .unwrap();
            assert_eq!(
                output.status.signal(),
                Some(9),
                "{step:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            assert_eq!(said(&output.stdout[..]), (0..BEFORE).collect(), "{step:?}");
            let cache = place.open(disk_only(64 * MIB));
            is_in_order(&cache, &place.root());
            (0..BEFORE).for_each(|n| check(&cache.get(&key(n)).unwrap().entry, n, LEN));
            // From the moment that it has its name the interrupted one is there too, whole.
            let is_there = number > Step::ALL.iter().position(|&step| step == Step::Link).unwrap();
            assert_eq!(file_of(&place.root(), &key(BEFORE)).exists(), is_there, "{step:?}");
            check(&serve(&cache, BEFORE, LEN).unwrap().entry, BEFORE, LEN);
            is_in_order(&cache, &place.root());
        }
    }
}

/// Kills a writer `times` times; how many publications it had said.
fn kill(times: u64, place: &Place, quota: u64, removes: bool) -> u64 {
    let root = place.root();
    let (mut first, mut total) = (0_u64, 0_u64);
    for time in 0..times {
        let mut child = again(module_path!(), "publish_until_killed", &root)
            .env("FIC_FIRST", first.to_string())
            .env("FIC_QUOTA", quota.to_string())
            .env("FIC_REMOVE", u64::from(removes).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Between 0 and 16 ms, every tenth of one about as often as any other.
        thread::sleep(Duration::from_micros(time.wrapping_mul(7_919) % 16_000 + 3_000));
        child.kill().unwrap();
        let said = said(child.stdout.take().unwrap());
        child.wait().unwrap();
        let cache = place.open(disk_only(quota));
        is_in_order(&cache, &root);
        let found = said.iter().filter(|&&n| is_right(&cache, n)).count() as u64;
        if quota > 64 * MIB && !removes {
            assert_eq!(found, said.len() as u64, "an acknowledged entry is lost in round {time}");
        }
        total += said.len() as u64;
        first = said.last().map_or(first, |last| last + 1).max(first) + 4;
        if time % 50 == 49 {
            let verified = cache.verify().unwrap();
            assert_eq!(verified.damaged, []);
            cache.clear().unwrap();
        }
        let damaged: u64 = cache.stats().damaged.iter().sum();
        assert_eq!(damaged, 0, "round {time}");
        is_in_order(&cache, &root);
    }
    total
}

fn is_right(cache: &Cache, n: u64) -> bool {
    let found = cache.get(&key(n));
    found.inspect(|served| check(&served.entry, n, LEN + (n % 7) as usize * 5_000)).is_some()
}

#[test]
fn killed_at_any_moment_a_writer_loses_nothing_that_it_acknowledged() {
    let place = Place::new();
    let published = kill(60, &place, 1 << 30, false);
    assert!(published > 60, "only {published} publications before the kills");
}

#[test]
fn killed_while_it_evicts_and_removes_a_writer_leaves_right_entries_and_right_counts() {
    let place = Place::new();
    let published = kill(60, &place, MIB / 2, true);
    assert!(published > 60, "only {published} publications before the kills");
}

/// The long form: `cargo test -p fic-cache --release --test crash -- --ignored two_thousand --nocapture`.
#[test]
#[ignore = "takes minutes"]
fn two_thousand_kills() {
    let place = Place::on_disk();
    let published = kill(1_500, &place, 1 << 40, false);
    println!("1,500 kills of a writer: {published} acknowledged publications, none lost");
    let place = Place::on_disk();
    let published = kill(500, &place, MIB / 2, true);
    println!(
        "500 kills of a writer that evicts and removes: {published} acknowledged publications, all counts right"
    );
}

#[test]
fn a_folder_that_was_used_while_the_writer_was_killed_stays_in_use() {
    let place = Place::new();
    let alive = place.open(disk_only(1 << 30));
    for round in 0..10_u64 {
        let mut child = again(module_path!(), "publish_until_killed", &place.root())
            .env("FIC_FIRST", (round * 1000).to_string())
            .env("FIC_QUOTA", (1_u64 << 30).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(10));
        serve(&alive, 1_000_000 + round, LEN).unwrap();
        child.kill().unwrap();
        let said = said(child.stdout.take().unwrap());
        child.wait().unwrap();
        said.iter().for_each(|&n| assert!(is_right(&alive, n), "{n} is lost"));
        assert!(is_published(&alive, &place.root(), 2_000_000 + round));
    }
    drop(alive);
    is_in_order(&place.open(disk_only(1 << 30)), &place.root());
}

fn is_published(cache: &Cache, root: &Path, n: u64) -> bool {
    serve(cache, n, LEN).unwrap().origin == Origin::Made && file_of(root, &key(n)).exists()
}

fn take_room_in_vain(place: &Place) {
    let status = again(module_path!(), "take_room_and_die", &place.root()).output().unwrap().status;
    assert_eq!(status.signal(), Some(9));
}

#[test]
fn room_that_a_killed_process_had_taken_evicts_nothing_and_comes_back_beside_those_that_live() {
    let place = Place::new();
    let (alive, other) = (place.open(disk_only(8 * MIB)), place.open(disk_only(8 * MIB)));
    (0..20).for_each(|n| _ = serve(&alive, n, LEN).unwrap());
    take_room_in_vain(&place);
    assert!(alive.stats().disk_bytes > 5 * MIB);
    for n in 20..220 {
        let cache = if n % 2 == 0 { &alive } else { &other };
        assert_eq!(serve(cache, n, LEN).unwrap().origin, Origin::Made, "{n}: {:?}", cache.stats());
    }
    for n in 0..220 {
        check(&alive.get(&key(n)).expect("it was evicted for nothing").entry, n, LEN);
    }
    is_in_order(&alive, &place.root());
    // Trimming to what is there does not evict for it either.
    take_room_in_vain(&place);
    assert_eq!(other.trim_to(4 * MIB), 0);
    is_in_order(&other, &place.root());
}

#[test]
fn a_count_that_came_to_nothing_stays_due() {
    let place = Place::new();
    let now = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(1_700_000_000_000));
    let clock = std::sync::Arc::clone(&now);
    let config = disk_only(8 * MIB).with_clock(move || clock.load(std::sync::atomic::Ordering::Relaxed));
    let alive = place.open(config);
    take_room_in_vain(&place);
    let publishing = std::fs::File::open(place.root().join("lock/publish")).unwrap();
    publishing.lock_shared().unwrap();
    now.fetch_add(600_000, std::sync::atomic::Ordering::Relaxed);
    alive.tend();
    assert!(alive.stats().disk_bytes > 5 * MIB, "somebody publishes");
    publishing.unlock().unwrap();
    alive.tend();
    assert_eq!(alive.stats().disk_bytes, 0);
}
