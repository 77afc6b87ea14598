//! Many ask for one cold key at once: one makes it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]
#![allow(clippy::print_stdout, reason = "how a process says that it made the picture")]

mod fixture;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Stdio;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use fic_cache::{Cache, Config, Origin};
use fic_core::{Cancel, Error, Format, Kind, Stage};
use fixture::{Place, again, check, config, given_root, key, payload};

const THREADS: usize = 64;
const LEN: usize = 50_000;
const MIB: u64 = 1 << 20;

/// What 64 threads get that call `ask` at once.
fn all_at_once<T: Send>(ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        let (start, ask) = (&start, &ask);
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                scope.spawn(move || {
                    start.wait();
                    ask(number)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn open(config: Config) -> (Place, Cache) {
    let place = Place::new();
    let cache = place.open(config);
    (place, cache)
}

#[test]
fn sixty_four_threads_ask_for_one_cold_key_and_one_decodes() {
    let (_place, cache) = open(config(64 * MIB));
    let decodes = AtomicU64::new(0);
    let origins = all_at_once(|_| {
        let served = cache
            .get_or_insert_with(&key(1), |maker| {
                decodes.fetch_add(1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(50));
                maker.encoded(8, 8, Format::Png, payload(1, LEN))
            })
            .unwrap();
        check(&served.entry, 1, LEN);
        served.origin
    });
    assert_eq!(decodes.into_inner(), 1);
    assert_eq!(origins.iter().filter(|&&origin| origin == Origin::Made).count(), 1);
    assert!(origins.iter().all(|origin| matches!(origin, Origin::Made | Origin::Joined | Origin::Resident)));
}

#[test]
fn a_poison_source_fails_once_and_is_remembered_for_a_while() {
    let now = std::sync::Arc::new(AtomicU64::new(1_000));
    let clock = std::sync::Arc::clone(&now);
    let (_place, cache) = open(
        config(MIB)
            .with_failure_memory(Duration::from_secs(10))
            .with_clock(move || clock.load(Ordering::Relaxed)),
    );
    let decodes = AtomicU64::new(0);
    let ask = || {
        cache.get_or_insert_with(&key(1), |_| {
            decodes.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(50));
            Err(Error::malformed(Stage::Decode, Format::Jpeg, "poison").at(7))
        })
    };
    for error in all_at_once(|_| ask().unwrap_err()) {
        assert_eq!((error.what(), error.kind(), error.offset()), ("poison", Kind::Malformed, Some(7)));
    }
    now.store(10_999, Ordering::Relaxed);
    ask().unwrap_err();
    assert_eq!(decodes.load(Ordering::SeqCst), 1);
    assert_eq!((cache.stats().failed, cache.stats().remembered_failures), (1, 64));
    now.store(11_000, Ordering::Relaxed);
    ask().unwrap_err();
    assert_eq!(decodes.load(Ordering::SeqCst), 2);
    // Once the source is known to be another one, nothing is remembered.
    cache.remove_source(key(1).source()).unwrap();
    ask().unwrap_err();
    assert_eq!(decodes.load(Ordering::SeqCst), 3);
}

#[test]
fn a_leader_that_panics_is_cancelled_or_times_out_hands_over() {
    for way in 0..3 {
        let (_place, cache) = open(config(64 * MIB));
        let tries = AtomicU64::new(0);
        let results = all_at_once(|_| {
            catch_unwind(AssertUnwindSafe(|| {
                cache.get_or_insert_with(&key(1), |maker| {
                    if tries.fetch_add(1, Ordering::SeqCst) < 3 {
                        match way {
                            0 => panic!("the decoder's fault"),
                            1 => return Err(Error::new(Kind::Cancelled, Stage::Decode, "cancelled")),
                            _ => return Err(Error::new(Kind::Deadline, Stage::Decode, "too slow")),
                        }
                    }
                    maker.encoded(8, 8, Format::Png, payload(1, LEN))
                })
            }))
        });
        assert_eq!(tries.into_inner(), 4);
        let good = results.iter().filter(|result| matches!(result, Ok(Ok(_)))).count();
        assert_eq!(good, THREADS - 3, "three failed by themselves, the others were served");
        check(&cache.peek(&key(1)).unwrap(), 1, LEN);
    }
}

#[test]
fn a_storage_that_fails_is_not_asked_sixty_four_times_in_a_row() {
    let (_place, cache) = open(config(64 * MIB));
    let tries = AtomicU64::new(0);
    let errors = all_at_once(|_| {
        cache
            .get_or_insert_with(&key(1), |_| {
                tries.fetch_add(1, Ordering::SeqCst);
                // Long enough for the others to be waiting; if not, more tries are right.
                thread::sleep(Duration::from_millis(30));
                Err(Error::new(Kind::Io, Stage::Sniff, "the storage is down"))
            })
            .unwrap_err()
    });
    assert!(errors.iter().all(|error| error.kind() == Kind::Io));
    assert_eq!(cache.stats().failed, tries.into_inner(), "every try is counted, none is remembered");
}

#[test]
fn who_waits_too_long_makes_it_too() {
    let (_place, cache) =
        open(config(64 * MIB).with_waits(Duration::from_millis(20), Duration::from_millis(20)));
    let (slow, quick) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            let served = cache.get_or_insert_with(&key(1), |maker| {
                slow.wait();
                quick.wait();
                maker.encoded(8, 8, Format::Png, payload(1, LEN))
            });
            check(&served.unwrap().entry, 1, LEN);
        });
        slow.wait();
        let served = fixture::serve(&cache, 1, LEN).unwrap();
        assert_eq!(served.origin, Origin::Made);
        quick.wait();
    });
    assert_eq!((cache.stats().timed_out, cache.stats().made), (1, 2));
    assert_eq!(cache.stats().disk_entries, 1);
}

/// Asks for one key and says whether it made it.
#[test]
#[ignore = "run by processes_that_ask_for_one_cold_key"]
fn ask_once() {
    let Some(root) = given_root() else { return };
    let cache = fixture::open(&root, config(64 * MIB));
    let served = cache
        .get_or_insert_with(&key(1), |maker| {
            println!("decoded");
            thread::sleep(Duration::from_millis(100));
            maker.encoded(8, 8, Format::Png, payload(1, LEN))
        })
        .unwrap();
    check(&served.entry, 1, LEN);
}

#[test]
fn processes_that_ask_for_one_cold_key_decode_it_once() {
    let place = Place::new();
    drop(place.open(config(64 * MIB)));
    let children: Vec<_> = (0..6)
        .map(|_| again(module_path!(), "ask_once", &place.root()).stdout(Stdio::piped()).spawn().unwrap())
        .collect();
    let outputs = children.into_iter().map(|child| child.wait_with_output().unwrap());
    let decodes: usize = outputs
        .map(|output| {
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap().matches("decoded").count()
        })
        .sum();
    assert_eq!(decodes, 1);
}

#[test]
fn a_producer_that_asks_for_its_own_picture_is_told_so_at_once() {
    let patience = Duration::from_secs(3600);
    let (_place, cache) = open(config(64 * MIB).with_waits(patience, patience));
    let served = cache.get_or_insert_with(&key(1), |maker| {
        let own = fixture::serve(&cache, 1, LEN).unwrap_err();
        assert_eq!((own.kind(), own.stage()), (Kind::Misuse, Stage::Cache));
        // Another picture may be asked for.
        assert_eq!(fixture::serve(&cache, 2, LEN).unwrap().origin, Origin::Made);
        maker.encoded(8, 8, Format::Png, payload(1, LEN))
    });
    assert_eq!(served.unwrap().origin, Origin::Made);
}

#[test]
fn a_failure_of_one_request_alone_is_not_remembered_nor_told_to_who_waits() {
    let (_place, cache) = open(config(64 * MIB));
    let tries = AtomicU64::new(0);
    let results = all_at_once(|_| {
        cache.get_or_insert_with(&key(1), |maker| {
            if tries.fetch_add(1, Ordering::SeqCst) < 3 {
                let error = Error::new(Kind::Refused, Stage::Sniff, "a wrong label");
                return Err(maker.only_this_request(error));
            }
            maker.encoded(8, 8, Format::Png, payload(1, LEN))
        })
    });
    let refused = results.iter().filter(|result| result.is_err()).count();
    assert_eq!((refused, cache.stats().remembered_failures), (3, 0));
    check(&cache.peek(&key(1)).unwrap(), 1, LEN);
}

#[test]
fn who_is_called_off_stops_waiting_and_makes_nothing() {
    let patience = Duration::from_secs(3600);
    let (place, cache) = open(config(64 * MIB).with_waits(patience, patience));
    let other = place.open(config(64 * MIB).with_waits(patience, patience));
    let cancel = Cancel::new();
    let wait = |cache: &Cache| {
        cache.get_or_insert_unless(&cancel, &key(1), |_| panic!("it was called off")).unwrap_err().kind()
    };
    let served = cache.get_or_insert_with(&key(1), |maker| {
        thread::scope(|scope| {
            // For a thread, and for what is as good as another process.
            let waiting = [&cache, &other].map(|cache| scope.spawn(move || wait(cache)));
            cancel.cancel();
            waiting.into_iter().for_each(|waiting| assert_eq!(waiting.join().unwrap(), Kind::Cancelled));
        });
        maker.encoded(8, 8, Format::Png, payload(1, LEN))
    });
    assert_eq!(served.unwrap().origin, Origin::Made);
    // What is there is served all the same.
    assert!(cache.get_or_insert_unless(&cancel, &key(1), |_| panic!("it is there")).is_ok());
}

#[test]
fn who_waits_for_one_that_gives_up_after_another_does_not_wait_longer_altogether() {
    // Each leader takes more than half of the time that one may wait. Where each wait began anew, the last of four
    // would lead only after three of them, and nobody would ever have waited too long.
    let patience = Duration::from_millis(400);
    let timed_out = || {
        let (_place, cache) = open(config(64 * MIB).with_waits(patience, patience));
        let asking = Barrier::new(4);
        let ask = |is_first: bool| {
            cache.get_or_insert_with(&key(1), |_| {
                if is_first {
                    asking.wait();
                }
                thread::sleep(patience / 8 * 5);
                Err(Error::new(Kind::Cancelled, Stage::Decode, "cancelled"))
            })
        };
        thread::scope(|scope| {
            scope.spawn(|| ask(true).unwrap_err());
            for _ in 0..3 {
                scope.spawn(|| {
                    asking.wait();
                    ask(false).unwrap_err()
                });
            }
        });
        cache.stats().timed_out
    };
    // On a machine that is so busy that the others come late there is nothing to see.
    assert!((0..5).any(|_| timed_out() > 0));
}
