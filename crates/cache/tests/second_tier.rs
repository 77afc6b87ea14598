//! A second tier in memory: what comes from there keeps to the rules of the cache that asks.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

mod fixture;

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use fic_cache::{Cache, Config, Origin, SecondTier};
use fixture::{Place, config, serve};

#[derive(Default)]
struct Shelf(Mutex<HashMap<[u8; 32], Vec<u8>>>);

impl SecondTier for Shelf {
    fn get(&self, key: &[u8; 32]) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.lock().unwrap().get(key).cloned())
    }

    fn put(&self, key: &[u8; 32], value: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().insert(*key, value.to_vec());
        Ok(())
    }
}

struct Machines {
    shelf: Arc<Shelf>,
    places: Vec<Place>,
}

impl Machines {
    /// A machine of its own whose clock stands at `now_ms`.
    fn open(&mut self, now_ms: &Arc<AtomicU64>, change: impl FnOnce(Config) -> Config) -> Cache {
        let (place, clock) = (Place::new(), Arc::clone(now_ms));
        let shelf = Arc::clone(&self.shelf);
        let config =
            config(1 << 20).with_second_tier(shelf).with_clock(move || clock.load(Ordering::Relaxed));
        let cache = place.open(change(config));
        self.places.push(place);
        cache
    }
}

#[test]
fn an_entry_of_another_machine_is_used_no_longer_than_our_own_time_to_live() {
    let mut machines = Machines { shelf: Arc::default(), places: Vec::new() };
    let now = Arc::new(AtomicU64::new(1_000_000));
    let brief = |config: Config| config.with_time_to_live(Duration::from_secs(60));
    let endless = machines.open(&now, |config| config);
    assert_eq!(serve(&endless, 1, 1000).unwrap().origin, Origin::Made);
    now.store(1_059_999, Ordering::Relaxed);
    let in_time = machines.open(&now, brief);
    let served = serve(&in_time, 1, 1000).unwrap();
    assert_eq!(served.origin, Origin::SecondTier);
    let expires = served.entry.expires().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(expires.as_millis(), 1_060_000);
    now.store(1_060_000, Ordering::Relaxed);
    assert!(in_time.get(&fixture::key(1)).is_none());
    assert_eq!(serve(&machines.open(&now, brief), 1, 1000).unwrap().origin, Origin::Made, "it is too old");
}

#[test]
fn an_entry_of_a_machine_whose_clock_is_ahead_counts_from_now() {
    let mut machines = Machines { shelf: Arc::default(), places: Vec::new() };
    let (ahead, now) = (Arc::new(AtomicU64::new(9_000_000)), Arc::new(AtomicU64::new(1_000_000)));
    serve(&machines.open(&ahead, |config| config), 1, 1000).unwrap();
    let ours = machines.open(&now, |config| config.with_time_to_live(Duration::from_secs(60)));
    let served = serve(&ours, 1, 1000).unwrap();
    let expires = served.entry.expires().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!((served.origin, expires.as_millis()), (Origin::SecondTier, 1_060_000));
}
