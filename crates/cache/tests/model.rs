//! Random sequences of operations against a simple map: a hit is always right, and a miss only where one is
//! permitted.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

mod fixture;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fic_cache::{Admission, Cache, Config, Key};
use fic_core::Format;
use fixture::{Place, check, config, file_of, is_in_order, key_of, payload};
use proptest::prelude::*;

const SOURCES: u64 = 4;
const VARIANTS: u64 = 3;
const LIFE_MS: u64 = 1_000;

#[derive(Clone, Copy, Debug)]
enum Op {
    Advance(u64),
    Clear,
    Damage(u64, u64),
    Get(u64, u64),
    Put(u64, u64),
    Remove(u64, u64),
    RemoveSource(u64),
    Reopen,
    Tend,
    TrimTo(u64),
    Verify,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let pair = || (0..SOURCES, 0..VARIANTS);
    let op = prop_oneof![
        8 => pair().prop_map(|(s, v)| Op::Get(s, v)),
        8 => pair().prop_map(|(s, v)| Op::Put(s, v)),
        2 => pair().prop_map(|(s, v)| Op::Remove(s, v)),
        1 => (0..SOURCES).prop_map(Op::RemoveSource),
        1 => pair().prop_map(|(s, v)| Op::Damage(s, v)),
        2 => (1..LIFE_MS).prop_map(Op::Advance),
        1 => Just(Op::Reopen),
        2 => Just(Op::Tend),
        1 => (0..80_000_u64).prop_map(Op::TrimTo),
        1 => Just(Op::Verify),
        1 => Just(Op::Clear),
    ];
    proptest::collection::vec(op, 1..60)
}

/// What a correct cache may answer: which version each key has, and until when.
struct Model {
    cache: Cache,
    place: Place,
    config: Config,
    now: Arc<AtomicU64>,
    /// How often each key was removed: the maker makes other bytes after each removal.
    versions: HashMap<Key, u64>,
    /// What was put and nothing took away since: its version, and when it was made.
    there: HashMap<Key, (u64, u64)>,
    /// Of those, what was trimmed from the disk: it may still be in memory.
    perhaps: HashSet<Key>,
    may_evict: bool,
}

impl Model {
    fn new(config: Config, may_evict: bool) -> Model {
        let now = Arc::new(AtomicU64::new(1_700_000_000_000));
        let clock = Arc::clone(&now);
        let config = config
            .with_time_to_live(Duration::from_millis(LIFE_MS))
            .with_clock(move || clock.load(Ordering::Relaxed));
        let place = Place::new();
        let cache = place.open(config.clone());
        Model {
            cache,
            place,
            config,
            now,
            versions: HashMap::new(),
            there: HashMap::new(),
            perhaps: HashSet::new(),
            may_evict,
        }
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::Advance(ms) => {
                let now = self.now.fetch_add(ms, Ordering::Relaxed) + ms;
                let expired: Vec<Key> = self
                    .there
                    .iter()
                    .filter(|(_, (_, made))| made + LIFE_MS <= now)
                    .map(|(key, _)| *key)
                    .collect();
                expired.iter().for_each(|key| self.forget(key));
            }
            Op::Get(source, variant) => {
                let key = key_of(source, variant);
                let found = self.cache.get(&key);
                match (&found, self.there.get(&key)) {
                    (Some(served), Some((version, _))) => {
                        check(&served.entry, number(source, variant, *version), len(variant));
                    }
                    (Some(served), None) => panic!("{key:?} should be gone: {served:?}"),
                    (None, Some(_)) => assert!(self.may_miss(&key), "{key:?} is lost"),
                    (None, None) => {}
                }
            }
            Op::Put(source, variant) => {
                let key = key_of(source, variant);
                let version = self.versions.get(&key).copied().unwrap_or(0);
                let number = number(source, variant, version);
                let bytes = payload(number, len(variant));
                let made =
                    self.cache.get_or_insert_with(&key, |maker| maker.encoded(8, 8, Format::Png, bytes));
                check(&made.unwrap().entry, number, len(variant));
                let now = self.now.load(Ordering::Relaxed);
                let may_miss = self.may_miss(&key);
                let times = self.there.entry(key).or_insert((version, now));
                // After an eviction it was made anew, and lives longer than the model knows: look it up.
                if let Some(expires) = self.cache.get(&key).and_then(|served| served.entry.expires()) {
                    let expires = expires.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
                    assert!(expires <= now + LIFE_MS && (may_miss || expires == times.1 + LIFE_MS));
                    times.1 = expires - LIFE_MS;
                }
            }
            Op::Remove(source, variant) => {
                let key = key_of(source, variant);
                let was_there = self.cache.remove(&key);
                assert!(was_there || self.may_miss(&key) || !self.there.contains_key(&key));
                self.forget(&key);
            }
            Op::RemoveSource(source) => {
                self.cache.remove_source(key_of(source, 0).source()).unwrap();
                (0..VARIANTS).for_each(|variant| self.forget(&key_of(source, variant)));
            }
            Op::Clear => {
                self.cache.clear().unwrap();
                self.there.keys().copied().collect::<Vec<_>>().iter().for_each(|key| self.forget(key));
            }
            Op::Reopen => {
                self.cache = self.place.open(self.config.clone());
                self.lose_what_is_not_on_disk();
            }
            Op::Tend => self.cache.tend(),
            Op::TrimTo(bytes) => {
                self.cache.trim_to(bytes);
                assert!(self.cache.stats().disk_bytes <= bytes);
                self.lose_what_is_not_on_disk();
            }
            Op::Verify => assert_eq!(self.cache.verify().unwrap().damaged, []),
            Op::Damage(source, variant) => self.damage(&key_of(source, variant)),
        }
    }

    /// The file of `key` is replaced by one with a flipped bit. What is in memory stays right.
    fn damage(&mut self, key: &Key) {
        let file = file_of(&self.place.root(), key);
        let Ok(mut bytes) = fs::read(&file) else { return };
        bytes[4096] ^= 1;
        fs::remove_file(&file).unwrap();
        fs::write(&file, &bytes).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
        self.cache = self.place.open(self.config.clone());
        assert!(self.cache.get(key).is_none(), "a damaged file is a miss");
        self.lose_what_is_not_on_disk();
    }

    /// The maker makes other bytes from now on: an old answer would show.
    fn forget(&mut self, key: &Key) {
        self.perhaps.remove(key);
        if self.there.remove(key).is_some() {
            *self.versions.entry(*key).or_default() += 1;
        }
    }

    /// What has no file any more may be a miss from now on.
    fn lose_what_is_not_on_disk(&mut self) {
        let root = self.place.root();
        self.perhaps.extend(self.there.keys().filter(|key| !file_of(&root, key).exists()));
    }

    fn may_miss(&self, key: &Key) -> bool {
        self.may_evict || self.perhaps.contains(key)
    }
}

fn number(source: u64, variant: u64, version: u64) -> u64 {
    source << 40 | variant << 32 | version
}

fn len(variant: u64) -> usize {
    3_000 + variant as usize * 7_000
}

fn check_all(ops: Vec<Op>, config: Config, may_evict: bool) {
    let mut model = Model::new(config, may_evict);
    for op in ops {
        model.run(op);
        assert!(model.cache.stats().disk_bytes <= model.config.quota_bytes);
    }
    is_in_order(&model.cache, &model.place.root());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn with_room_for_all_every_hit_is_right_and_nothing_is_lost(ops in ops()) {
        check_all(ops, config(64 << 20), false);
    }

    #[test]
    fn with_room_for_a_few_every_hit_is_right(ops in ops()) {
        check_all(ops, config(60_000).with_resident(30_000, 3), true);
    }

    #[test]
    fn with_nothing_in_memory_every_hit_is_right_and_nothing_is_lost(ops in ops()) {
        check_all(ops, fixture::disk_only(64 << 20), false);
    }

    #[test]
    fn with_admission_at_the_second_request_every_hit_is_right(ops in ops()) {
        check_all(ops, config(100_000).with_admission(Admission::SecondRequest), true);
    }
}
