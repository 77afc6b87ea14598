//! Room that runs out: the quota, the disk, what must be left to others, what is too large.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

mod fixture;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use fic_cache::{Faults, Origin, Step, Uncached};
use fixture::{
    Place, check, config, disk_bytes, disk_only, files, is_in_order, key_of, payload, serve, serve_key,
};

const MIB: u64 = 1 << 20;

/// Every width and height of one source: a flood of variants.
#[test]
fn ten_thousand_variants_never_pass_the_quota_and_are_all_answered() {
    let quota = 8 * MIB;
    let place = Place::new();
    let root = place.root();
    let cache = place.open(config(quota));
    let over = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        // Looks at the disk itself, not at the counts, while the flood is on.
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                over.fetch_max(disk_bytes(&root).saturating_sub(quota), Ordering::Relaxed);
            }
        });
        let flood: Vec<_> = (0..4_u64)
            .map(|thread| {
                let cache = &cache;
                scope.spawn(move || {
                    for n in (thread..10_000).step_by(4) {
                        let len = 500 + (n % 50) as usize * 700;
                        let served = serve_key(cache, &key_of(1, n), n, len).unwrap();
                        check(&served.entry, n, len);
                    }
                })
            })
            .collect();
        flood.into_iter().for_each(|thread| thread.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(over.into_inner(), 0, "bytes over the quota");
    let stats = cache.stats();
    assert_eq!(stats.made, 10_000);
    assert!(stats.published > 9_000, "{stats:?}");
    assert!(stats.disk_bytes > quota / 2, "the room is used: {stats:?}");
    is_in_order(&cache, &root);
}

/// A file system in memory, unmounted at the end.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(at: &Path, bytes: u64) -> Option<Tmpfs> {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={bytes},mode=0700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at).output();
        mount.is_ok_and(|mount| mount.status.success()).then(|| Tmpfs(at.to_owned()))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_costs_the_cache_and_not_the_request() {
    let place = Place::on_disk();
    let Some(disk) = Tmpfs::mount(&place.0.path().join("disk"), 16 * MIB) else {
        println!("skipped: mounting needs root");
        return;
    };
    let root = disk.0.join("cache");
    // The quota is larger than the disk: only the disk says no.
    let cache = fixture::open(&root, disk_only(1 << 30));
    let mut refused = 0;
    for n in 0..600 {
        let served = serve(&cache, n, 100_000).unwrap();
        check(&served.entry, n, 100_000);
        match served.origin {
            Origin::Made => {}
            Origin::Uncached(Uncached::DiskFull) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(refused > 0, "the disk holds 16 MiB, the pictures are 60");
    assert!(cache.stats().published > 300, "room is made: {:?}", cache.stats());
    let files = files(&root).len() as u64;
    assert_eq!((cache.stats().disk_entries, cache.stats().disk_bytes), (files, disk_bytes(&root)));
    let found = (0..600).filter(|&n| cache.get(&fixture::key(n)).is_some()).count();
    assert_eq!(found as u64, files, "every file that is there is whole");
}

/// Another process that evicts and never comes to its end.
#[test]
fn who_waits_for_another_that_evicts_is_answered_in_any_case() {
    let place = Place::new();
    let cache = place.open(disk_only(MIB));
    let janitor = std::fs::File::open(place.root().join("lock/janitor")).unwrap();
    janitor.lock().unwrap();
    let mut kept = 0;
    let refused = (0..40).find(|&n| {
        let served = serve(&cache, n, 100_000).unwrap();
        check(&served.entry, n, 100_000);
        kept += u64::from(served.origin == Origin::Made);
        served.origin == Origin::Uncached(Uncached::Quota)
    });
    assert_eq!(refused, Some(kept), "all before were kept");
    assert!(kept >= 8 && disk_bytes(&place.root()) <= MIB, "{kept} kept");
    janitor.unlock().unwrap();
    assert_eq!(serve(&cache, 100, 100_000).unwrap().origin, Origin::Made, "there is room again");
    is_in_order(&cache, &place.root());
}

#[test]
fn what_must_be_left_to_others_is_left() {
    let place = Place::new();
    let cache = place.open(disk_only(MIB).with_min_free_bytes(u64::MAX));
    assert_eq!(serve(&cache, 1, 1000).unwrap().origin, Origin::Uncached(Uncached::MinFree));
    let before = place.open(disk_only(MIB));
    assert_eq!(serve(&before, 2, 1000).unwrap().origin, Origin::Made);
    cache.tend();
    assert_eq!(files(&place.root()).len(), 0, "what others need is made free");
    is_in_order(&cache, &place.root());
}

#[test]
fn what_is_too_large_is_served_and_not_kept() {
    let place = Place::new();
    let cache = place.open(config(MIB).with_max_entry_bytes(10_000));
    assert_eq!(serve(&cache, 1, 10_000).unwrap().origin, Origin::Made);
    let served = serve(&cache, 2, 10_001).unwrap();
    assert_eq!(served.origin, Origin::Uncached(Uncached::TooLarge));
    check(&served.entry, 2, 10_001);
    assert!(cache.get(&fixture::key(2)).is_none());
    let tiny = place.open(config(8192).with_max_entry_bytes(MIB));
    assert_eq!(
        serve(&tiny, 3, 4097).unwrap().origin,
        Origin::Uncached(Uncached::TooLarge),
        "a file of 12 KiB"
    );
    assert_eq!(serve(&tiny, 4, 4096).unwrap().origin, Origin::Made);
    is_in_order(&tiny, &place.root());
}

#[test]
fn a_fault_at_any_step_costs_the_cache_and_not_the_request() {
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::PermissionDenied, io::ErrorKind::Other] {
        for step in Step::ALL {
            let place = Place::new();
            let faults = Faults::new(move |at| if at == step { Err(kind.into()) } else { Ok(()) });
            let cache = place.open(disk_only(MIB).with_faults(faults));
            let expected = match kind {
                io::ErrorKind::StorageFull => Uncached::DiskFull,
                _ => Uncached::WriteFailed,
            };
            for n in 0..3 {
                let served = serve(&cache, n, 1000).unwrap();
                assert_eq!(served.origin, Origin::Uncached(expected), "{step:?}");
                check(&served.entry, n, 1000);
            }
            is_in_order(&cache, &place.root());
        }
    }
}

#[test]
fn a_folder_that_is_taken_away_costs_the_cache_and_not_the_request() {
    let place = Place::new();
    let cache = place.open(disk_only(MIB));
    serve(&cache, 1, 1000).unwrap();
    std::fs::remove_dir_all(place.root()).unwrap();
    for n in 0..3 {
        let served = serve(&cache, n, 1000).unwrap();
        assert!(matches!(served.origin, Origin::Uncached(_)), "{:?}", served.origin);
        check(&served.entry, n, 1000);
    }
    cache.tend();
    assert!(cache.get(&fixture::key(1)).is_none());
    assert_eq!(cache.trim_to(0), 0);
    let _ = (cache.clear(), cache.verify(), cache.remove(&fixture::key(1)), payload(1, 1));
}
