//! What was removed is not served again: not by another process, not by whoever was making or reading it meanwhile.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod fixture;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use fic_cache::{Admission, Cache, Damage, Faults, Origin, Served, Step, Uncached};
use fic_core::{Error, Format, Kind, Stage};
use fixture::{
    Place, check, config, disk_only, file_of, files, is_in_order, key, key_of, payload, serve_key,
};

const MANY: u64 = 600;
/// What the source of key 1 showed before the removal, and what it shows since.
const OLD: u64 = 1;
const NEW: u64 = 2;

type Removal = fn(&Cache);

/// Gets the picture under key 1, or makes it of what the source shows.
fn serve(cache: &Cache, shown: u64, len: usize) -> Result<Served, Error> {
    serve_key(cache, &key(1), shown, len)
}

#[test]
fn another_process_that_looks_while_a_source_is_removed_lets_go_of_it_all() {
    let place = Place::new();
    let ours = place.open(config(64 << 20));
    (0..MANY).for_each(|n| _ = serve_key(&ours, &key_of(7, n), n, 100).unwrap());
    let theirs = place.open(config(64 << 20));
    (0..MANY).for_each(|n| _ = theirs.get(&key_of(7, n)).unwrap());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                theirs.tend();
            }
        });
        assert_eq!(ours.remove_source(key_of(7, 0).source()).unwrap(), MANY);
        is_over.store(true, Ordering::SeqCst);
    });
    theirs.tend();
    assert_eq!((0..MANY).filter(|n| theirs.peek(&key_of(7, *n)).is_some()).count(), 0);
}

#[test]
fn another_process_lets_go_of_what_was_removed_and_made_anew_before_it_looked() {
    let removals: [Removal; 3] = [
        |cache| assert!(cache.remove(&key(1))),
        |cache| assert_eq!(cache.remove_source(key(1).source()).unwrap(), 1),
        |cache| assert_eq!(cache.clear().unwrap(), 1),
    ];
    for removal in removals {
        let place = Place::new();
        let (ours, theirs) = (place.open(config(8 << 20)), place.open(config(8 << 20)));
        serve(&ours, OLD, 100).unwrap();
        check(&theirs.get(&key(1)).unwrap().entry, OLD, 100);
        removal(&ours);
        serve(&ours, NEW, 100).unwrap();
        theirs.tend();
        check(&theirs.get(&key(1)).unwrap().entry, NEW, 100);
    }
}

#[test]
fn who_asks_after_a_removal_gets_a_new_picture_and_the_one_being_made_meanwhile_is_not_kept() {
    let place = Place::new();
    let cache = place.open(config(8 << 20));
    let old = cache
        .get_or_insert_with(&key(1), |maker| {
            assert_eq!(cache.remove_source(key(1).source()).unwrap(), 0);
            // As from another thread: where it joined the flight it would wait for its own end.
            let new = thread::scope(|scope| scope.spawn(|| serve(&cache, NEW, 100).unwrap()).join().unwrap());
            assert_eq!(new.origin, Origin::Made);
            check(&new.entry, NEW, 100);
            maker.encoded(8, 8, Format::Png, payload(OLD, 100))
        })
        .unwrap();
    assert_eq!(old.origin, Origin::Uncached(Uncached::Revoked));
    let served = serve(&cache, NEW, 100).unwrap();
    assert_eq!(served.origin, Origin::Resident, "the new one stays");
    check(&served.entry, NEW, 100);
    is_in_order(&cache, &place.root());
}

#[test]
fn what_is_removed_while_it_is_read_does_not_stay_in_memory() {
    for is_made_anew in [false, true] {
        let place = Place::new();
        serve(&place.open(config(8 << 20)), OLD, 100).unwrap();
        let (other, is_reading) = (place.open(config(8 << 20)), Arc::new(AtomicBool::new(false)));
        // The file is open when the cache looks what time it is.
        let cache = place.open(config(8 << 20).with_clock({
            let is_reading = Arc::clone(&is_reading);
            move || {
                if is_reading.swap(false, Ordering::SeqCst) {
                    assert!(other.remove(&key(1)));
                    if is_made_anew {
                        serve(&other, NEW, 100).unwrap();
                    }
                }
                1_800_000_000_000
            }
        }));
        is_reading.store(true, Ordering::SeqCst);
        check(&cache.get(&key(1)).unwrap().entry, OLD, 100);
        assert!(!is_reading.load(Ordering::SeqCst));
        assert!(cache.peek(&key(1)).is_none());
        check(&serve(&cache, NEW, 100).unwrap().entry, NEW, 100);
    }
}

#[test]
fn what_is_written_because_it_was_asked_for_again_does_not_come_back_while_its_source_is_removed() {
    let removals: [Removal; 2] =
        [|cache| _ = cache.remove_source(key_of(7, 0).source()).unwrap(), |cache| _ = cache.clear().unwrap()];
    for removal in removals {
        let place = Place::new();
        let filler = place.open(config(64 << 20));
        (0..MANY).for_each(|n| _ = serve_key(&filler, &key_of(7, n), n, 100).unwrap());
        let cache = place.open(config(64 << 20).with_admission(Admission::SecondRequest));
        // In the folder that is looked through first.
        let early = (MANY..).map(|n| key_of(7, n)).find(|key| key.to_string().starts_with("00")).unwrap();
        serve_key(&cache, &early, OLD, 100).unwrap();
        serve_key(&cache, &early, OLD, 100).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| removal(&cache));
            while filler.stats().disk_entries > MANY / 2 {
                thread::yield_now();
            }
            cache.tend();
        });
        assert!(!file_of(&place.root(), &early).exists());
        assert!(cache.peek(&early).is_none());
        is_in_order(&cache, &place.root());
    }
}

#[test]
fn a_removed_key_is_not_kept_by_another_process_nor_by_who_made_it_without_leading() {
    let place = Place::new();
    let brief = Duration::from_millis(10);
    let cache = place.open(config(8 << 20).with_waits(brief, brief));
    let other = place.open(config(8 << 20));
    let make = |remover: &Cache| {
        let served = cache.get_or_insert_with(&key(1), |maker| {
            assert!(!remover.remove(&key(1)));
            maker.encoded(8, 8, Format::Png, payload(OLD, 100))
        });
        assert_eq!(served.unwrap().origin, Origin::Uncached(Uncached::Revoked));
        assert!(cache.get(&key(1)).is_none());
    };
    make(&other);
    // A leader that takes too long, so that the next makes it too.
    let led = cache.get_or_insert_with(&key(1), |maker| {
        thread::scope(|scope| scope.spawn(|| make(&cache)).join().unwrap());
        maker.encoded(8, 8, Format::Png, payload(OLD, 100))
    });
    assert_eq!(led.unwrap().origin, Origin::Uncached(Uncached::Revoked));
    assert_eq!(cache.stats().timed_out, 1);
    is_in_order(&cache, &place.root());
}

#[test]
fn a_failure_of_what_was_removed_while_it_was_made_is_not_remembered() {
    let removals: [Removal; 3] = [
        |cache| assert!(!cache.remove(&key(1))),
        |cache| assert_eq!(cache.remove_source(key(1).source()).unwrap(), 0),
        |cache| assert_eq!(cache.clear().unwrap(), 0),
    ];
    for removal in removals {
        let place = Place::new();
        let cache = place.open(config(8 << 20));
        let failed = cache.get_or_insert_with(&key(1), |_| {
            removal(&cache);
            Err(Error::new(Kind::Malformed, Stage::Outline, "the old source is no picture"))
        });
        assert!(failed.is_err());
        check(&serve(&cache, NEW, 100).unwrap().entry, NEW, 100);
    }
}

#[test]
fn what_got_its_name_after_its_removal_is_not_kept_by_a_process_that_read_it_in_that_moment() {
    let place = Place::new();
    let other = place.open(config(8 << 20));
    let cache = place.open(config(8 << 20).with_faults(Faults::new({
        let other = other.clone();
        move |step| {
            match step {
                Step::Link => assert_eq!(other.remove_source(key(1).source()).unwrap(), 0),
                Step::Account => {
                    check(&other.get(&key(1)).unwrap().entry, OLD, 100);
                    other.tend();
                }
                _ => {}
            }
            Ok(())
        }
    })));
    assert_eq!(serve(&cache, OLD, 100).unwrap().origin, Origin::Uncached(Uncached::Revoked));
    other.tend();
    assert!(other.peek(&key(1)).is_none());
}

#[test]
fn a_larger_entry_of_another_process_is_a_miss_here_and_stays_there() {
    let place = Place::new();
    let large = place.open(disk_only(8 << 20));
    serve(&large, OLD, 100_000).unwrap();
    let small = place.open(disk_only(8 << 20).with_max_entry_bytes(10_000));
    assert!(small.get(&key(1)).is_none());
    assert_eq!(serve(&small, OLD, 100_000).unwrap().origin, Origin::Uncached(Uncached::TooLarge));
    let verified = small.verify().unwrap();
    assert_eq!((verified.entries, verified.damaged.len()), (1, 0));
    assert_eq!(small.stats().damaged, [0; Damage::ALL.len()]);
    check(&large.get(&key(1)).unwrap().entry, OLD, 100_000);
    is_in_order(&small, &place.root());
}

#[test]
fn a_source_is_taken_down_whatever_the_size_of_its_entries_and_whatever_cannot_be_read_goes_or_is_told() {
    let place = Place::new();
    let large = place.open(disk_only(8 << 20));
    (0..50).for_each(|n| _ = serve_key(&large, &key_of(7, n), n, 20_000).unwrap());
    serve_key(&large, &key_of(8, 0), 0, 20_000).unwrap();
    // One whose header cannot be told from another's, and one in a folder that cannot be listed.
    let damaged = file_of(&place.root(), &key_of(7, 0));
    let mut bytes = std::fs::read(&damaged).unwrap();
    bytes[20] ^= 1;
    std::fs::remove_file(&damaged).unwrap();
    std::fs::write(&damaged, bytes).unwrap();
    std::fs::set_permissions(&damaged, std::os::unix::fs::PermissionsExt::from_mode(0o400)).unwrap();
    let small = place.open(disk_only(8 << 20).with_max_entry_bytes(1_000));
    let shard = file_of(&place.root(), &key_of(7, 1)).parent().unwrap().to_owned();
    let aside = place.0.path().join("aside");
    std::fs::rename(&shard, &aside).unwrap();
    std::fs::write(&shard, b"no folder").unwrap();
    let hidden = std::fs::read_dir(&aside).unwrap().count();
    let others = file_of(&place.root(), &key_of(8, 0));
    assert!(others.exists() && damaged.exists(), "in other folders");

    let source = key_of(7, 0).source();
    let error = small.remove_source(source).unwrap_err();
    assert_eq!((error.kind(), error.stage()), (Kind::Io, Stage::Cache));
    std::fs::remove_file(&shard).unwrap();
    assert_eq!(files(&place.root()), [others], "all others went");
    std::fs::rename(&aside, &shard).unwrap();
    assert_eq!(small.remove_source(source).unwrap(), hidden as u64);
    assert!(!damaged.exists());
    check(&large.get(&key_of(8, 0)).unwrap().entry, 0, 20_000);
}

#[test]
fn what_a_process_or_its_peer_evicted_does_not_stay_mapped() {
    let place = Place::new();
    let (ours, theirs) = (place.open(config(8 << 20)), place.open(config(8 << 20)));
    (0..100).for_each(|n| _ = serve_key(&ours, &key_of(7, n), n, 1_000).unwrap());
    (0..100).for_each(|n| _ = theirs.get(&key_of(7, n)).unwrap());
    ours.trim_to(0);
    assert_eq!(files(&place.root()).len(), 0);
    // Memory of our own costs the disk nothing, and stays.
    let (at_once, in_time) = if ours.config().is_mapped() { (0, 0) } else { (100, 100) };
    let count = |cache: &Cache| (0..100).filter(|n| cache.peek(&key_of(7, *n)).is_some()).count();
    assert_eq!((count(&ours), count(&theirs)), (at_once, 100));
    theirs.tend();
    theirs.tend();
    assert_eq!(count(&theirs), in_time);
    assert_eq!((ours.stats().mapped, theirs.stats().mapped), (0, 0));
}
