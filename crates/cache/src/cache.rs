//! The cache as callers see it: look up, or make once for everybody who asks.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fic_core::{Cancel, Error, Kind, Stage};

use crate::failures::Failures;
use crate::flight::Flights;
use crate::janitor::{self, Bell};
use crate::ledger::{Counts, EVERYTHING, mark_of, mark_of_digest};
use crate::pending::Pending;
use crate::policy::Ghosts;
use crate::resident::Resident;
use crate::second_tier::Tier;
use crate::store::Store;
use crate::stripe::Stripes;
use crate::{Config, Entry, Key, Made, Maker, Origin, Served, SourceId, Stats, Tending};

/// A cache of pictures in a folder. `Send + Sync`; clones are the same cache. Other processes may have the same
/// folder open.
///
/// ```
/// use fic_cache::{Cache, Config, Form, Key, Origin, SourceId};
/// use fic_core::Format;
///
/// # let folder = tempfile::tempdir()?;
/// let cache = Cache::open(&folder.path().join("cache"), Config::new(64 << 20))?;
/// let key = Key::new(Form::Encoded, 1, SourceId::named("photos", "garden"), &[0; 64]);
/// let make = || cache.get_or_insert_with(&key, |maker| maker.encoded(2, 1, Format::Png, vec![1, 2, 3]));
/// assert_eq!(make()?.origin, Origin::Made);
/// let again = make()?;
/// assert_eq!((again.origin, again.entry.payload()), (Origin::Resident, &[1, 2, 3][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) resident: Resident,
    pub(crate) bell: Bell,
    /// How often anything had been removed or evicted when the table in memory was last compared with the disk.
    pub(crate) compared: AtomicU64,
    /// Mapped entries whose files are still to be looked for in this round.
    pub(crate) looking: Mutex<Vec<[u8; 32]>>,
    pub(crate) flights: Flights<Key, Entry, Arc<Error>>,
    pub(crate) stripes: Stripes,
    pub(crate) failures: Failures,
    pub(crate) once: Mutex<Ghosts>,
    pub(crate) pending: Mutex<Pending>,
    pub(crate) tier: Option<Tier>,
}

impl Cache {
    /// Opens the cache in the folder `root`, or makes one where there is none.
    ///
    /// The folder must belong to the user that runs this and be closed to everybody else. Entries are found by
    /// listing it; where they are over the quota, the surplus is evicted.
    ///
    /// # Errors
    /// `Io`, with the reason in the source: the folder cannot be made or opened, is open to others, holds
    /// something that is not a cache, or is a cache of another version.
    pub fn open(root: &Path, config: Config) -> Result<Cache, Error> {
        let failed =
            |e: io::Error| Error::new(Kind::Io, Stage::Cache, "opening the cache failed").with_source(e);
        let tending = config.tending;
        let inner = Arc::new(Inner {
            resident: Resident::new(config.resident_bytes, config.max_resident),
            bell: Bell::new(),
            compared: AtomicU64::new(0),
            looking: Mutex::default(),
            flights: Flights::new(),
            stripes: Stripes::new(),
            failures: Failures::default(),
            once: Mutex::default(),
            pending: Mutex::default(),
            tier: Tier::of(&config),
            store: Store::open(root, config).map_err(failed)?,
        });
        let store = &inner.store;
        store.make_room(store.config.quota_bytes);
        inner.compared.store(store.removals(), Ordering::Relaxed);
        if tending == Tending::Background {
            janitor::start(&inner).map_err(failed)?;
        }
        Ok(Cache(inner))
    }

    /// What is in memory under `key`: no call of the system, no trace in the counts, never a wait.
    pub fn peek(&self, key: &Key) -> Option<Entry> {
        let entry = self.0.resident.find(key.digest())?;
        (!self.0.is_expired(&entry)).then_some(entry)
    }

    /// The picture under `key`, from memory or disk.
    pub fn get(&self, key: &Key) -> Option<Served> {
        if let Some(entry) = self.0.find_resident(key) {
            return Some(Served { entry, origin: Origin::Resident });
        }
        match self.0.read_disk(key) {
            Some(read) => Some(self.0.admit_from_disk(read)),
            None => {
                self.0.store.counters.misses.one();
                None
            }
        }
    }

    /// The picture under `key`; where it is not there, `make` makes it, once for everybody who asks meanwhile.
    ///
    /// Trouble with the cache is not an error: the picture is then made and not kept, and
    /// [`Served::origin`] says why.
    ///
    /// # Errors
    /// What `make` failed with. Where that is a matter of the source (`Malformed`, `Limit`, `Refused`,
    /// `Unsupported`, `Upstream`, unless [`Maker::only_this_request`] says otherwise) everybody who waited gets it
    /// too, and so does who asks within [`Config::failure_memory`]; the error underneath is left out then. `Misuse`
    /// where `make` asks this cache for `key` itself.
    pub fn get_or_insert_with(
        &self,
        key: &Key,
        make: impl FnOnce(Maker<'_>) -> Result<Made, Error>,
    ) -> Result<Served, Error> {
        self.0.get_or_insert_with(key, None, make)
    }

    /// The same for a request that may be called off: where it waits, for another thread or another process, it looks
    /// every few milliseconds whether `cancel` is thrown. While `make` runs, that is up to `make`.
    ///
    /// # Errors
    /// As [`Cache::get_or_insert_with`], and `Cancelled`.
    pub fn get_or_insert_unless(
        &self,
        cancel: &Cancel,
        key: &Key,
        make: impl FnOnce(Maker<'_>) -> Result<Made, Error>,
    ) -> Result<Served, Error> {
        self.0.get_or_insert_with(key, Some(cancel), make)
    }

    /// Removes the picture under `key` from memory and disk; what is being made for it just now is not kept.
    /// Other processes let go of it within about a second. Whether there was one.
    pub fn remove(&self, key: &Key) -> bool {
        let inner = &*self.0;
        inner.flights.revoke(|other| other == key);
        inner.failures.forget_all();
        let mark = mark_of_digest(key.digest());
        inner.note(|counts| counts.note_purge(mark));
        // From memory first: what waits there to be written is then written no more, or taken back. And last: who
        // read it from disk before it went may have put it there.
        inner.pending().forget(|entry| entry.digest() == key.digest());
        let was_in_memory = inner.resident.remove(key.digest()).is_some();
        let was_on_disk = inner.store.remove(key.digest());
        inner.note(|counts| counts.note_removal(mark));
        inner.resident.remove(key.digest()).is_some() || was_in_memory || was_on_disk
    }

    /// Removes every picture that was made from `source`, whatever the recipe and however large; how many. Reads the
    /// header of every entry; a file whose header is damaged may be of any source, and goes too. A second tier keeps
    /// what it has.
    ///
    /// # Errors
    /// `Io` where the folder cannot be listed, a header not read or a file not deleted: all others went, but some may be
    /// left. Call it again.
    pub fn remove_source(&self, source: SourceId) -> Result<u64, Error> {
        let inner = &*self.0;
        let mark = mark_of(&source);
        inner.note(|counts| counts.note_purge(mark));
        inner.flights.revoke(|key| key.source() == source);
        inner.failures.forget_all();
        let in_memory = inner.let_go(|entry| entry.source() == source);
        let removed = inner.store.take_down(|header| header.source == source);
        inner.note(|counts| counts.note_removal(mark));
        let in_memory = in_memory.saturating_add(inner.let_go(|entry| entry.source() == source));
        removed.map(|removed| removed.saturating_add(in_memory)).map_err(removing_failed)
    }

    /// Evicts until no more than `bytes` are on disk; the bytes that went.
    pub fn trim_to(&self, bytes: u64) -> u64 {
        self.0.store.look_first();
        let mut gone = self.0.store.make_counted_room(bytes);
        // Another process may be evicting; it needs no more than moments.
        for _ in 0..50 {
            if self.stats().disk_bytes <= bytes {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
            gone = gone.saturating_add(self.0.store.make_counted_room(bytes));
        }
        self.0.compare_with_disk();
        gone
    }

    /// Removes everything; how many entries.
    ///
    /// # Errors
    /// `Io` where the folder cannot be listed or a file not deleted: all others went, but some may be left.
    pub fn clear(&self) -> Result<u64, Error> {
        let inner = &*self.0;
        inner.note(|counts| counts.note_purge(EVERYTHING));
        inner.flights.revoke(|_| true);
        inner.failures.forget_all();
        inner.let_go(|_| true);
        let removed = inner.store.remove_all();
        inner.note(|counts| counts.note_removal(EVERYTHING));
        inner.let_go(|_| true);
        removed.map_err(removing_failed)
    }

    /// Reads and verifies every entry; what is damaged or past its time is deleted.
    ///
    /// # Errors
    /// `Io` where the folder cannot be listed.
    pub fn verify(&self) -> Result<Verified, Error> {
        let verified = self.0.store.verify().map_err(listing_failed)?;
        self.0.compare_with_disk();
        Ok(verified)
    }

    /// Does what the background thread does: writes what was asked for twice, evicts before the quota is reached,
    /// deletes what expired, lets go of what other processes removed.
    pub fn tend(&self) {
        self.0.tend();
    }

    /// What happened since this cache was opened, and how full it is.
    pub fn stats(&self) -> Stats {
        let store = &self.0.store;
        let counts = store.ledger.read().unwrap_or_default();
        let (resident_bytes, resident_entries) = self.0.resident.size();
        Stats {
            disk_bytes: counts.used_bytes,
            disk_entries: counts.entries,
            resident_bytes,
            resident_entries,
            mapped: store.maps.count(),
            mapped_bytes: store.maps.bytes(),
            ..store.counters.stats()
        }
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.0.store.config
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("config", self.config()).finish_non_exhaustive()
    }
}

/// What [`Cache::verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Entries that are whole.
    pub entries: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    /// Entries that were past their time, and were deleted.
    pub expired: u64,
    /// Names of files that were no entries, and why; they were deleted.
    pub damaged: Vec<(String, crate::Damage)>,
}

impl Inner {
    /// Lets go of what `is_meant` and is in memory or waits to be written; how many of these had no file. Done before
    /// their files are removed, and after, for the reasons that [`Cache::remove`] has.
    fn let_go(&self, is_meant: impl Fn(&Entry) -> bool) -> u64 {
        self.pending().forget(&is_meant);
        let without_file = self.resident.remove_where(|entry| is_meant(entry) && !entry.is_stored());
        self.resident.remove_where(is_meant);
        without_file
    }

    /// Removes what came to be after its removal; others may have read it meanwhile.
    pub(crate) fn take_back(&self, digest: &[u8; 32]) {
        if self.store.remove(digest) {
            self.note(|counts| counts.note_removal(mark_of_digest(digest)));
        }
        self.resident.remove(digest);
    }

    /// Tells the other processes that something is being removed; and, once it is, that it is: who looked in between
    /// found some of the files still there.
    fn note(&self, change: impl FnOnce(&mut Counts)) {
        if self.store.ledger.change(change).is_err() {
            self.store.counters.io_errors.one();
        }
    }
}

fn removing_failed(error: io::Error) -> Error {
    Error::new(Kind::Io, Stage::Cache, "not everything could be removed").with_source(error)
}

fn listing_failed(error: io::Error) -> Error {
    Error::new(Kind::Io, Stage::Cache, "listing the cache failed").with_source(error)
}
