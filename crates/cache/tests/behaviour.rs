//! What a cache promises to those who use it, in memory and on disk, private and mapped.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

mod fixture;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use fic_cache::{Admission, Cache, Config, Durability, Form, Key, Origin, SourceId, Tending, Uncached};
use fic_core::{Budget, Error, Kind, Limits, PixelBuf, PixelLayout, Stage};
use fixture::{Place, check, config, disk_only, file_of, files, is_in_order, key, key_of, payload, serve};

const MIB: u64 = 1 << 20;

#[test]
fn what_was_made_is_found_in_memory_then_on_disk_then_by_another_process() {
    let place = Place::on_disk();
    let cache = place.open(config(64 * MIB));
    assert!(cache.get(&key(1)).is_none() && cache.peek(&key(1)).is_none());
    let made = serve(&cache, 1, 100_000).unwrap();
    assert_eq!(made.origin, Origin::Made);
    check(&made.entry, 1, 100_000);
    assert_eq!(made.entry.is_mapped(), cache.config().is_mapped());
    let again = serve(&cache, 1, 100_000).unwrap();
    assert_eq!(again.origin, Origin::Resident);
    check(&cache.peek(&key(1)).unwrap(), 1, 100_000);

    let other = place.open(config(64 * MIB));
    assert!(other.peek(&key(1)).is_none());
    let found = other.get(&key(1)).unwrap();
    assert_eq!(found.origin, Origin::Disk);
    check(&found.entry, 1, 100_000);
    assert_eq!(found.entry.source(), key(1).source());
    assert_eq!(other.get(&key(1)).unwrap().origin, Origin::Resident);
    let stats = other.stats();
    assert_eq!((stats.disk_hits, stats.resident_hits, stats.misses), (1, 1, 0));
    is_in_order(&other, &place.root());
}

#[test]
fn rows_of_pixels_are_lent_out_aligned_and_without_their_padding() {
    let budget = Budget::new(&Limits::untrusted());
    let key = Key::new(Form::Pixels, 1, SourceId::of_bytes(b"upload"), &[0; 64]);
    let pixels = payload(5, 101 * 3 * 7);
    let picture = PixelBuf::from_parts(PixelLayout::Rgb, 101, 7, pixels.clone(), None).unwrap();
    let place = Place::new();
    let cache = place.open(disk_only(64 * MIB));
    for origin in [Origin::Made, Origin::Disk] {
        let served = cache.get_or_insert_with(&key, |maker| maker.picture(&picture, &budget)).unwrap();
        assert_eq!(served.origin, origin);
        let entry = served.entry;
        assert_eq!((entry.width(), entry.height(), entry.shape().stride_bytes()), (101, 7, 320));
        assert_eq!(entry.payload().as_ptr().align_offset(64), 0);
        assert_eq!(entry.rows().collect::<Vec<_>>().concat(), pixels);
    }
    assert_eq!(budget.held_bytes(), 0, "what is kept is the cache's affair, not the request's");
}

#[test]
fn an_entry_keeps_its_bytes_after_it_is_evicted_removed_and_the_cache_is_gone() {
    let place = Place::on_disk();
    let cache = place.open(config(MIB));
    let held: Vec<_> = (0..100).map(|n| serve(&cache, n, 50_000).unwrap().entry).collect();
    assert!(cache.stats().evicted > 50);
    cache.clear().unwrap();
    drop(cache);
    assert_eq!(files(&place.root()).len(), 0);
    held.iter().zip(0..).for_each(|(entry, n)| check(entry, n, 50_000));
}

#[test]
fn a_producer_that_fails_leaves_nothing_behind() {
    let place = Place::new();
    let cache = place.open(config(MIB).with_failure_memory(Duration::ZERO));
    let budget = Budget::new(&Limits::untrusted());
    let key = Key::new(Form::Pixels, 1, SourceId::of_bytes(b"upload"), &[0; 64]);
    let failed = cache.get_or_insert_with(&key, |maker| {
        let mut rows = maker.pixels(10, 10, PixelLayout::Rgb, &budget)?;
        rows.push(&[1; 30 * 9])?;
        Err(Error::new(Kind::Malformed, Stage::Decode, "the last row is missing"))
    });
    assert_eq!(failed.unwrap_err().what(), "the last row is missing");
    let half = cache.get_or_insert_with(&key, |maker| {
        let mut rows = maker.pixels(10, 10, PixelLayout::Rgb, &budget)?;
        rows.push(&[1; 30 * 9])?;
        rows.finish()
    });
    assert_eq!(half.unwrap_err().kind(), Kind::Misuse);
    assert!(cache.get(&key).is_none());
    assert_eq!(files(&place.root()).len(), 0);
    is_in_order(&cache, &place.root());
}

#[test]
fn a_picture_made_for_another_key_is_not_taken() {
    let place = Place::new();
    let cache = place.open(config(MIB));
    let mut smuggled = None;
    let _ = cache.get_or_insert_with(&key(1), |maker| {
        smuggled = Some(maker.encoded(1, 1, fic_core::Format::Png, vec![1])?);
        Err(Error::new(Kind::Cancelled, Stage::Decode, "cancelled"))
    });
    let refused = cache.get_or_insert_with(&key(2), |_| Ok(smuggled.take().unwrap()));
    assert_eq!(refused.unwrap_err().kind(), Kind::Misuse);
    assert!(cache.get(&key(2)).is_none());
}

#[test]
fn what_is_removed_is_gone_from_memory_and_disk_by_key_by_source_and_altogether() {
    let place = Place::new();
    let cache = place.open(config(64 * MIB));
    for (source, number) in [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1)] {
        fixture::serve_key(&cache, &key_of(source, number), number, 1000).unwrap();
    }
    assert!(cache.remove(&key_of(1, 2)) && !cache.remove(&key_of(1, 2)));
    assert!(cache.get(&key_of(1, 2)).is_none());
    assert_eq!(cache.remove_source(key_of(1, 0).source()).unwrap(), 2);
    assert!(cache.get(&key_of(1, 1)).is_none() && cache.get(&key_of(1, 3)).is_none());
    assert!(cache.get(&key_of(2, 1)).is_some() && cache.get(&key_of(3, 1)).is_some());
    is_in_order(&cache, &place.root());
    assert_eq!(cache.clear().unwrap(), 3);
    assert!(cache.get(&key_of(2, 1)).is_none());
    assert_eq!((cache.stats().disk_bytes, files(&place.root()).len()), (0, 0));
}

#[test]
fn a_picture_that_is_removed_while_it_is_made_is_served_and_not_kept() {
    type Removal = fn(&Cache);
    let removals: [Removal; 3] = [
        |cache| _ = cache.remove(&key(1)),
        |cache| _ = cache.remove_source(key(1).source()).unwrap(),
        |cache| _ = cache.clear().unwrap(),
    ];
    for (number, removal) in removals.into_iter().enumerate() {
        let place = Place::new();
        // Another process may be the one that removes, but for a single key.
        for by_other in [false, true].into_iter().filter(|other| !other || number > 0) {
            let cache = place.open(config(MIB));
            let remover = if by_other { place.open(config(MIB)) } else { cache.clone() };
            let served = cache
                .get_or_insert_with(&key(1), |maker| {
                    removal(&remover);
                    maker.encoded(8, 8, fic_core::Format::Png, payload(1, 1000))
                })
                .unwrap();
            assert_eq!(served.origin, Origin::Uncached(Uncached::Revoked));
            check(&served.entry, 1, 1000);
            assert!(cache.get(&key(1)).is_none(), "removal {number}, by another process: {by_other}");
            is_in_order(&cache, &place.root());
        }
    }
}

#[test]
fn other_processes_let_go_of_what_one_removed() {
    let place = Place::new();
    let one = place.open(config(MIB));
    serve(&one, 1, 1000).unwrap();
    serve(&one, 2, 1000).unwrap();
    let other = place.open(config(MIB));
    assert!(other.get(&key(1)).is_some() && other.get(&key(2)).is_some());
    one.remove(&key(1));
    other.tend();
    assert!(other.peek(&key(1)).is_none() && other.peek(&key(2)).is_some());
    one.remove_source(key(2).source()).unwrap();
    other.tend();
    assert!(other.peek(&key(2)).is_none());
}

#[test]
fn entries_are_used_until_they_expire_and_deleted_then() {
    let place = Place::new();
    let now = Arc::new(AtomicU64::new(1_000_000));
    let clock = Arc::clone(&now);
    let config = config(MIB)
        .with_time_to_live(Duration::from_secs(60))
        .with_clock(move || clock.load(Ordering::Relaxed));
    let cache = place.open(config.clone());
    (0..3).for_each(|n| _ = serve(&cache, n, 1000).unwrap());
    let expires = cache.get(&key(0)).unwrap().entry.expires().unwrap();
    assert_eq!(expires.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis(), 1_060_000);
    now.store(1_059_999, Ordering::Relaxed);
    assert_eq!(cache.get(&key(0)).unwrap().origin, Origin::Resident);
    now.store(1_060_000, Ordering::Relaxed);
    assert!(cache.peek(&key(0)).is_none() && cache.get(&key(0)).is_none());
    assert!(!file_of(&place.root(), &key(0)).exists());
    // Nobody asks for the others: they are found anyway.
    cache.tend();
    assert_eq!(files(&place.root()).len(), 0);
    assert_eq!(serve(&cache, 1, 1000).unwrap().origin, Origin::Made);
    is_in_order(&cache, &place.root());
}

#[test]
fn with_second_request_a_picture_is_written_when_it_is_asked_for_again() {
    let place = Place::new();
    let cache = place.open(config(MIB).with_admission(Admission::SecondRequest));
    assert_eq!(serve(&cache, 1, 1000).unwrap().origin, Origin::Uncached(Uncached::OnceOnly));
    cache.tend();
    assert_eq!(files(&place.root()).len(), 0);
    assert_eq!(serve(&cache, 1, 1000).unwrap().origin, Origin::Resident);
    assert_eq!(files(&place.root()).len(), 0, "a hit writes nothing");
    cache.tend();
    assert_eq!(files(&place.root()).len(), 1);
    check(&place.open(config(MIB)).get(&key(1)).unwrap().entry, 1, 1000);

    let forgetful = place.open(disk_only(MIB).with_admission(Admission::SecondRequest));
    assert_eq!(serve(&forgetful, 2, 1000).unwrap().origin, Origin::Uncached(Uncached::OnceOnly));
    assert_eq!(serve(&forgetful, 2, 1000).unwrap().origin, Origin::Made, "it was made before");
    assert_eq!(serve(&forgetful, 2, 1000).unwrap().origin, Origin::Disk);
}

#[test]
fn trimming_evicts_the_least_used_first() {
    let place = Place::new();
    let cache = place.open(config(MIB));
    (0..10).for_each(|n| _ = serve(&cache, n, 1000).unwrap());
    for _ in 0..3 {
        serve(&cache, 3, 1000).unwrap();
    }
    assert_eq!(cache.trim_to(8192), 9 * 8192);
    assert_eq!(cache.stats().disk_bytes, 8192);
    assert!(file_of(&place.root(), &key(3)).exists());
    is_in_order(&cache, &place.root());
}

#[test]
fn a_smaller_quota_is_kept_from_the_opening_on() {
    let place = Place::new();
    (0..20).for_each(|n| _ = serve(&place.open(config(MIB)), n, 20_000).unwrap());
    let cache = place.open(config(100_000));
    assert!(cache.stats().disk_bytes <= 100_000 && cache.stats().disk_entries == 4);
    is_in_order(&cache, &place.root());
}

#[test]
fn the_background_thread_evicts_before_the_quota_is_reached_and_ends_with_the_cache() {
    let place = Place::new();
    let cache = place.open(config(MIB).with_tending(Tending::Background));
    (0..32).for_each(|n| _ = serve(&cache, n, 28_000).unwrap());
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while cache.stats().disk_bytes > MIB - MIB / 16 {
        assert!(std::time::Instant::now() < deadline, "{:?}", cache.stats());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_is_in_use_is_marked_on_disk_once_an_hour() {
    let place = Place::new();
    let hour = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&hour);
    let now_ms = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as u64;
    let config = config(MIB).with_clock(move || now_ms + clock.load(Ordering::Relaxed) * 3_600_001);
    let cache = place.open(config);
    (0..2).for_each(|n| _ = serve(&cache, n, 1000).unwrap());
    let old = SystemTime::now() - Duration::from_secs(100_000);
    for n in 0..2 {
        let file = fs::File::open(file_of(&place.root(), &key(n))).unwrap();
        file.set_times(fs::FileTimes::new().set_modified(old)).unwrap();
    }
    let is_old = |n| fs::metadata(file_of(&place.root(), &key(n))).unwrap().modified().unwrap() == old;
    serve(&cache, 0, 1000).unwrap();
    cache.tend();
    assert!(is_old(0) && is_old(1));
    hour.store(1, Ordering::Relaxed);
    cache.tend();
    assert!(!is_old(0) && is_old(1), "one was asked for, the other was not");
    // A hit on disk is one too.
    place.open(disk_only(MIB)).get(&key(1)).unwrap();
    assert!(!is_old(1));
}

#[test]
fn durable_publications_are_found_again() {
    let place = Place::on_disk();
    let cache = place.open(config(MIB).with_durability(Durability::PowerLoss));
    assert_eq!(serve(&cache, 1, 1000).unwrap().origin, Origin::Made);
    check(&place.open(config(MIB)).get(&key(1)).unwrap().entry, 1, 1000);
}

#[test]
fn a_folder_that_is_open_to_others_or_holds_something_else_is_not_touched() {
    let place = Place::new();
    let why = |root: &Path| {
        let error = Cache::open(root, Config::new(MIB)).unwrap_err();
        assert_eq!((error.kind(), error.stage()), (Kind::Io, Stage::Cache));
        std::error::Error::source(&error).unwrap().to_string()
    };
    let open = place.0.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(why(&open).contains("0700"));
    let photos = place.0.path().join("photos");
    fs::create_dir(&photos).unwrap();
    fs::set_permissions(&photos, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(photos.join("garden.jpg"), b"mine").unwrap();
    assert!(why(&photos).contains("not a cache"));
    assert_eq!(fs::read_dir(&photos).unwrap().count(), 1);
    // A file of the name that we use makes no cache of a folder, alone or beside others.
    for more in [None, Some("garden.jpg"), Some("usage")] {
        let foreign = place.0.path().join(format!("foreign {more:?}"));
        fs::create_dir(&foreign).unwrap();
        fs::set_permissions(&foreign, fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(foreign.join("FORMAT"), b"A4, landscape").unwrap();
        if let Some(name) = more {
            fs::write(foreign.join(name), b"mine").unwrap();
        }
        assert!(why(&foreign).contains("not a cache"));
        assert_eq!(fs::read(foreign.join("FORMAT")).unwrap(), b"A4, landscape");
        assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1 + usize::from(more.is_some()));
    }
    let later = place.0.path().join("later");
    drop(Cache::open(&later, Config::new(MIB)).unwrap());
    fs::remove_file(later.join("FORMAT")).unwrap();
    fs::write(later.join("FORMAT"), b"fastimagecache 2 64 00112233445566778899aabbccddeeff\n").unwrap();
    assert!(why(&later).contains("another version"));
}

#[test]
fn a_damaged_identity_or_count_does_not_stay_so() {
    let place = Place::new();
    let root = place.root();
    for damage in [&b""[..], b"fastimagecache 1 64 zz\n", &[0xff; 200]] {
        serve(&place.open(config(MIB)), 1, 1000).unwrap();
        fs::remove_file(root.join("FORMAT")).unwrap();
        fs::write(root.join("FORMAT"), damage).unwrap();
        fs::write(root.join("usage"), damage).unwrap();
        let cache = place.open(config(MIB));
        assert!(cache.get(&key(1)).is_none(), "entries of another identity are not ours");
        assert_eq!(serve(&cache, 1, 1000).unwrap().origin, Origin::Made);
        is_in_order(&cache, &root);
    }
}

#[test]
fn no_text_of_a_caller_becomes_a_path() {
    let place = Place::new();
    let cache = place.open(config(64 * MIB));
    let long = "x".repeat(4096);
    let names = [
        "../../outside",
        "/etc/passwd",
        "a\0b",
        "..\\..\\outside",
        "%2e%2e/outside",
        "CON",
        "name.",
        "é",
        "e\u{301}",
        "line\nbreak",
        "\x1b[2J",
        ".",
        "..",
        "",
        long.as_str(),
    ];
    for (at, name) in names.iter().enumerate() {
        let key = Key::new(Form::Encoded, 1, SourceId::named(name, name), &[0; 64]);
        fixture::serve_key(&cache, &key, at as u64, 100).unwrap();
        assert!(file_of(&place.root(), &key).exists());
    }
    assert_eq!(files(&place.root()).len(), names.len(), "each name is a key of its own");
    is_in_order(&cache, &place.root());
    let mut top: Vec<String> = fs::read_dir(place.root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    top.sort();
    assert_eq!(top, ["FORMAT", "lock", "usage", "v1"]);
    assert_eq!(fs::read_dir(place.0.path()).unwrap().count(), 1);
}

#[test]
fn two_caches_made_in_one_folder_at_once_become_one() {
    for _ in 0..20 {
        let place = Place::new();
        let caches: Vec<Cache> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| place.open(config(MIB)))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        serve(&caches[0], 1, 1000).unwrap();
        caches.iter().for_each(|cache| check(&cache.get(&key(1)).unwrap().entry, 1, 1000));
    }
}

#[test]
fn a_removal_while_a_count_takes_its_time_does_not_give_the_room_back_twice() {
    let place = Place::new();
    let cache = place.open(disk_only(MIB));
    (0..2).for_each(|n| _ = serve(&cache, n, 1000).unwrap());
    let before = cache.stats();
    // As a count does, which may or may not have seen the file.
    let counting = fs::File::open(place.root().join("lock/publish")).unwrap();
    counting.lock().unwrap();
    assert!(cache.remove(&key(0)));
    assert!(!file_of(&place.root(), &key(0)).exists());
    let after = cache.stats();
    assert_eq!((after.disk_bytes, after.disk_entries), (before.disk_bytes, before.disk_entries));
    counting.unlock().unwrap();
    cache.tend();
    is_in_order(&cache, &place.root());
}

#[test]
fn a_panic_of_the_background_thread_does_not_end_it() {
    let place = Place::new();
    let is_armed = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let armed = Arc::clone(&is_armed);
    let cache = place.open(config(MIB).with_tending(Tending::Background).with_clock(move || {
        let is_janitor = std::thread::current().name() == Some("fic-cache");
        assert!(!is_janitor || !armed.swap(false, Ordering::Relaxed), "a fault of ours");
        1_700_000_000_000
    }));
    (0..32).for_each(|n| _ = serve(&cache, n, 28_000).unwrap());
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while cache.stats().tending_panics == 0 || cache.stats().disk_bytes > MIB - MIB / 16 {
        assert!(std::time::Instant::now() < deadline, "{:?}", cache.stats());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(cache.stats().tending_panics, 1);
}

#[test]
fn a_shorter_time_to_live_counts_for_entries_of_others_too() {
    let place = Place::new();
    let now = Arc::new(AtomicU64::new(1_000_000));
    let config = || {
        let clock = Arc::clone(&now);
        disk_only(MIB).with_clock(move || clock.load(Ordering::Relaxed))
    };
    let (endless, brief) =
        (place.open(config()), place.open(config().with_time_to_live(Duration::from_secs(60))));
    (0..2).for_each(|n| _ = serve(&endless, n, 1000).unwrap());
    now.store(1_059_999, Ordering::Relaxed);
    let expires = brief.get(&key(0)).unwrap().entry.expires().unwrap();
    assert_eq!(expires.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis(), 1_060_000);
    now.store(1_060_000, Ordering::Relaxed);
    assert!(brief.get(&key(0)).is_none());
    assert_eq!(serve(&brief, 0, 1000).unwrap().origin, Origin::Made);
    brief.tend();
    assert!(!file_of(&place.root(), &key(1)).exists());
}
