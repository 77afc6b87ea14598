//! The cache as callers see it: look up, or make once for everybody who asks.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fic_core::{Error, Kind, Stage};
use xxhash_rust::xxh3::xxh3_128;

use crate::buffer::AlignedBytes;
use crate::entry::{Body, Storage};
use crate::failures::{Failures, is_lasting};
use crate::flight::{Flights, Joined, Lead, Outcome};
use crate::folder::Linked;
use crate::header::Header;
use crate::janitor::{self, Bell};
use crate::ledger::{Counts, EVERYTHING, mark_of, mark_of_digest};
use crate::policy::{Ghosts, Visits};
use crate::publish::publish;
use crate::resident::Resident;
use crate::second_tier::Tier;
use crate::store::{Found, Store};
use crate::stripe::{Stripes, Turn};
use crate::{
    Admission, Config, Entry, Form, Key, Made, Maker, Origin, Served, SourceId, Stats, Tending, Uncached,
};

/// Keys that were asked for once are remembered up to this many.
const ONCE_REMEMBERED: usize = 1 << 16;
/// Entries that wait to be written because they were asked for again.
const MOST_PENDING: usize = 256;
/// How many leaders in a row may give up before a follower does too.
const MOST_GIVEN_UP: u32 = 2;

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
    flights: Flights<Key, Entry, Arc<Error>>,
    stripes: Stripes,
    failures: Failures,
    once: Mutex<Ghosts>,
    pending: Mutex<VecDeque<Entry>>,
    tier: Option<Tier>,
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
            flights: Flights::new(),
            stripes: Stripes::new(),
            failures: Failures::default(),
            once: Mutex::default(),
            pending: Mutex::new(VecDeque::with_capacity(MOST_PENDING)),
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
    /// `Unsupported`, `Upstream`) everybody who waited gets it too, and so does who asks within
    /// [`Config::failure_memory`]; the error underneath is left out then.
    pub fn get_or_insert_with(
        &self,
        key: &Key,
        make: impl FnOnce(Maker<'_>) -> Result<Made, Error>,
    ) -> Result<Served, Error> {
        self.0.get_or_insert_with(key, make)
    }

    /// Removes the picture under `key` from memory and disk; what is being made for it just now is not kept.
    /// Other processes let go of it within about a second. Whether there was one.
    pub fn remove(&self, key: &Key) -> bool {
        let inner = &*self.0;
        inner.flights.revoke(|other| other == key);
        inner.failures.forget_all();
        inner.note(|counts| counts.note_purge(mark_of_digest(key.digest())));
        // From memory first: what waits there to be written is then written no more, or taken back. And last: who
        // read it from disk before it went may have put it there.
        inner.pending().retain(|entry| entry.digest() != key.digest());
        let was_in_memory = inner.resident.remove(key.digest()).is_some();
        let was_on_disk = inner.store.remove(key.digest());
        inner.note(Counts::note_removal);
        inner.resident.remove(key.digest()).is_some() || was_in_memory || was_on_disk
    }

    /// Removes every picture that was made from `source`, whatever the recipe; how many. Reads the header of
    /// every entry. A second tier keeps what it has.
    ///
    /// # Errors
    /// `Io` where the folder cannot be listed: then some may be left.
    pub fn remove_source(&self, source: SourceId) -> Result<u64, Error> {
        let inner = &*self.0;
        inner.note(|counts| counts.note_purge(mark_of(&source)));
        inner.flights.revoke(|key| key.source() == source);
        inner.failures.forget_all();
        let in_memory = inner.let_go(|entry| entry.source() == source);
        let removed = inner.store.remove_where(|header| header.source == source);
        inner.note(Counts::note_removal);
        let in_memory = in_memory.saturating_add(inner.let_go(|entry| entry.source() == source));
        removed.map(|removed| removed.saturating_add(in_memory)).map_err(listing_failed)
    }

    /// Evicts until no more than `bytes` are on disk; the bytes that went.
    pub fn trim_to(&self, bytes: u64) -> u64 {
        let mut gone = self.0.store.make_room(bytes);
        // Another process may be evicting; it needs no more than moments.
        for _ in 0..50 {
            if self.stats().disk_bytes <= bytes {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
            gone = gone.saturating_add(self.0.store.make_room(bytes));
        }
        self.0.compare_with_disk();
        gone
    }

    /// Removes everything; how many entries.
    ///
    /// # Errors
    /// `Io` where the folder cannot be listed: then some may be left.
    pub fn clear(&self) -> Result<u64, Error> {
        let inner = &*self.0;
        inner.note(|counts| counts.note_purge(EVERYTHING));
        inner.flights.revoke(|_| true);
        inner.failures.forget_all();
        inner.let_go(|_| true);
        let removed = inner.store.remove_all();
        inner.note(Counts::note_removal);
        inner.let_go(|_| true);
        removed.map_err(listing_failed)
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

/// The state of things when the making of a picture began.
#[derive(Clone, Copy)]
struct Begun<'a> {
    /// `None` where another leads, and took too long.
    lead: Option<&'a Lead<'a, Key, Entry, Arc<Error>>>,
    purges: u64,
}

/// What was read from disk.
struct Read {
    entry: Entry,
    /// How often anything had been removed before.
    removals: u64,
}

impl Inner {
    fn get_or_insert_with(
        &self,
        key: &Key,
        make: impl FnOnce(Maker<'_>) -> Result<Made, Error>,
    ) -> Result<Served, Error> {
        if let Some(entry) = self.find_resident(key) {
            return Ok(Served { entry, origin: Origin::Resident });
        }
        let counters = &self.store.counters;
        let mut given_up = 0_u32;
        loop {
            if let Some(error) = self.failures.recall(key.digest(), self.store.config.now_ms()) {
                counters.remembered_failures.one();
                return Err(error.repeat());
            }
            match self.flights.join(*key, self.store.config.max_wait) {
                Joined::Leads(lead) => return self.lead(key, Some(lead), make),
                Joined::TimedOut => {
                    counters.timed_out.one();
                    return self.lead(key, None, make);
                }
                Joined::Followed(Outcome::Done(entry)) => {
                    counters.joined.one();
                    entry.note_hit();
                    return Ok(Served { entry, origin: Origin::Joined });
                }
                Joined::Followed(Outcome::Failed(error)) => {
                    counters.remembered_failures.one();
                    return Err(error.repeat());
                }
                Joined::Followed(Outcome::GaveUp(error)) => {
                    counters.handed_over.one();
                    given_up = given_up.saturating_add(1);
                    // A cancelled leader says nothing about us; a storage that fails does.
                    if given_up > MOST_GIVEN_UP && error.kind() == Kind::Io {
                        return Err(error.repeat());
                    }
                }
                Joined::Followed(Outcome::Dangling) => counters.handed_over.one(),
            }
        }
    }

    /// Finds the picture, or makes it, and tells whoever waits.
    fn lead(
        &self,
        key: &Key,
        lead: Option<Lead<'_, Key, Entry, Arc<Error>>>,
        make: impl FnOnce(Maker<'_>) -> Result<Made, Error>,
    ) -> Result<Served, Error> {
        let begun = Begun { lead: lead.as_ref(), purges: self.store.purges() };
        let result = self.find_or_make(key, begun, make);
        let (outcome, to_keep) = match &result {
            Ok((served, to_keep)) => (Outcome::Done(served.entry.clone()), *to_keep),
            Err(error) => (self.failed(key, begun, error), false),
        };
        if let Some(lead) = lead {
            lead.end(outcome);
        }
        let (served, _) = result?;
        // Nobody else waits for the second tier.
        if let (true, Some(tier)) = (to_keep, &self.tier) {
            let (header, now_ms) = (served.entry.header(), self.store.config.now_ms());
            if tier.put(key, header, served.entry.payload(), now_ms).is_err() {
                self.store.counters.second_tier_errors.one();
            }
        }
        Ok(served)
    }

    fn failed(&self, key: &Key, begun: Begun<'_>, error: &Error) -> Outcome<Entry, Arc<Error>> {
        self.store.counters.failed.one();
        let told = Arc::new(error.repeat());
        if !is_lasting(error) {
            return Outcome::GaveUp(told);
        }
        let config = &self.store.config;
        let memory_ms = u64::try_from(config.failure_memory.as_millis()).unwrap_or(u64::MAX);
        if memory_ms > 0 {
            self.failures.remember(key.digest(), &told, config.now_ms().saturating_add(memory_ms));
            // Removed meanwhile: the source may be another one now.
            if self.was_removed(begun, key.digest(), &key.source()) {
                self.failures.forget_all();
            }
        }
        Outcome::Failed(told)
    }

    /// The picture, and whether the second tier should have it.
    fn find_or_make(
        &self,
        key: &Key,
        begun: Begun<'_>,
        make: impl FnOnce(Maker<'_>) -> Result<Made, Error>,
    ) -> Result<(Served, bool), Error> {
        // Whoever led before us may have ended between our look and our joining.
        if let Some(entry) = self.find_resident(key) {
            return Ok((Served { entry, origin: Origin::Resident }, false));
        }
        let look = || self.read_disk(key);
        if let Some(read) = look() {
            return Ok((self.admit_from_disk(read), false));
        }
        let patience = self.store.config.max_peer_wait;
        let _turn = match self.stripes.wait(&self.store.folder, key.digest(), patience, look) {
            Turn::Theirs(read) => return Ok((self.admit_from_peer(read), false)),
            Turn::Ours(stripe) => stripe,
        };
        if let Some(read) = look() {
            return Ok((self.admit_from_peer(read), false));
        }
        self.store.counters.misses.one();
        if let Some((header, bytes)) = self.ask_second_tier(key) {
            let served = self.keep(header, AlignedBytes::unaligned(bytes), Origin::SecondTier, begun);
            return Ok((served, false));
        }
        let made = make(Maker::new(key))?;
        if made.digest != *key.digest() {
            return Err(Error::misuse(Stage::Cache, "the picture was made for another key"));
        }
        self.store.counters.made.one();
        let created_ms = self.store.config.now_ms();
        let header = Header {
            digest: *key.digest(),
            source: key.source(),
            shape: made.shape,
            created_ms,
            expires_ms: self.expiry(created_ms),
            payload_checksum: xxh3_128(made.bytes.as_slice()),
        };
        let served = self.keep(header, made.bytes, Origin::Made, begun);
        let is_wanted = !matches!(served.origin, Origin::Uncached(Uncached::Revoked | Uncached::TooLarge));
        Ok((served, is_wanted))
    }

    /// Takes a picture in, on disk and in memory, as far as it may be. `origin` is where it came from if it may.
    fn keep(&self, header: Header, bytes: AlignedBytes, origin: Origin, begun: Begun<'_>) -> Served {
        if self.was_removed(begun, &header.digest, &header.source) {
            // Somebody else may have made it anew already: that stays.
            self.store.counters.uncached(Uncached::Revoked);
            let entry = Entry::new(header, Body::Private(bytes), Arc::default(), Storage::MemoryOnly);
            return Served { entry, origin: Origin::Uncached(Uncached::Revoked) };
        }
        let (entry, kept) = self.store_bytes(header, bytes);
        let why = kept.err();
        if why != Some(Uncached::TooLarge) {
            self.resident.insert(&entry);
        }
        // Removed meanwhile: either who removed saw it in its place, or we see here that somebody did.
        let why = if self.was_removed(begun, &header.digest, &header.source) {
            self.take_back(&header.digest);
            Some(Uncached::Revoked)
        } else {
            why
        };
        let origin = match why {
            None => origin,
            Some(why) => {
                self.store.counters.uncached(why);
                Origin::Uncached(why)
            }
        };
        Served { entry, origin }
    }

    /// Whether a key was removed since its making began, here or by another process.
    fn was_removed(&self, begun: Begun<'_>, digest: &[u8; 32], source: &SourceId) -> bool {
        begun.lead.is_some_and(Lead::is_revoked) || self.store.was_purged(begun.purges, digest, source)
    }

    /// Writes a picture, unless it is to wait or is not wanted.
    fn store_bytes(&self, header: Header, bytes: AlignedBytes) -> (Entry, Result<(), Uncached>) {
        let config = &self.store.config;
        let in_memory = |bytes, storage| Entry::new(header, Body::Private(bytes), Arc::default(), storage);
        if header.shape.payload_bytes() > config.max_entry_bytes {
            return (in_memory(bytes, Storage::MemoryOnly), Err(Uncached::TooLarge));
        }
        if config.admission == Admission::SecondRequest && !self.was_asked_for(&header.digest) {
            return (in_memory(bytes, Storage::OnceOnly), Err(Uncached::OnceOnly));
        }
        match self.publish(&header, bytes.as_slice(), &Arc::default()) {
            Ok((body, on_disk)) => {
                let body = body.unwrap_or(Body::Private(bytes));
                (Entry::new(header, body, on_disk, Storage::Stored), Ok(()))
            }
            Err(why) => (in_memory(bytes, Storage::MemoryOnly), Err(why)),
        }
    }

    /// Writes and links, unless another process did first; the map of the new file, where maps are wanted, and the
    /// mark that the entry has on disk, which is `visits` if it is new there.
    fn publish(
        &self,
        header: &Header,
        payload: &[u8],
        visits: &Arc<Visits>,
    ) -> Result<(Option<Body>, Arc<Visits>), Uncached> {
        let store = &self.store;
        for _ in 0..2 {
            let published = publish(store, header, payload)?;
            match published.linked {
                Linked::New => {
                    store.counters.published.one();
                    if store.is_getting_full() {
                        self.bell.ring();
                    }
                    let visits = store.know(&header.digest, published.disk_bytes, visits);
                    return Ok((store.mapped(header, &published.file), visits));
                }
                Linked::AlreadyThere => {
                    store.counters.already_there.one();
                    // What has our name is what we would have written, or goes.
                    if let Some(disk_bytes) = store.whole_bytes(&header.digest) {
                        return Ok((None, store.know(&header.digest, disk_bytes, visits)));
                    }
                }
            }
        }
        Err(Uncached::WriteFailed)
    }

    fn was_asked_for(&self, digest: &[u8; 32]) -> bool {
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        let was = once.take(digest);
        if !was {
            once.remember(digest, ONCE_REMEMBERED);
        }
        was
    }

    fn ask_second_tier(&self, key: &Key) -> Option<(Header, Vec<u8>)> {
        if key.form() != Form::Encoded {
            return None;
        }
        let counters = &self.store.counters;
        match self.tier.as_ref()?.get(key, &self.store.config) {
            Ok(found) => found.inspect(|_| counters.second_tier_hits.one()),
            Err(_) => {
                counters.second_tier_errors.one();
                None
            }
        }
    }

    fn find_resident(&self, key: &Key) -> Option<Entry> {
        let entry = self.resident.find(key.digest())?;
        if self.is_expired(&entry) {
            self.store.counters.expired.one();
            self.resident.remove(key.digest());
            return None;
        }
        self.store.counters.resident_hits.one();
        entry.note_hit();
        if entry.is_asked_again() {
            self.write_later(entry.clone());
        }
        Some(entry)
    }

    fn is_expired(&self, entry: &Entry) -> bool {
        let header = entry.header();
        header.expires_ms != 0 && header.is_expired(self.store.config.now_ms())
    }

    fn expiry(&self, created_ms: u64) -> u64 {
        match self.store.config.time_to_live {
            None => 0,
            Some(time) => created_ms.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        }
    }

    fn read_disk(&self, key: &Key) -> Option<Read> {
        let removals = self.store.removals();
        match self.store.find(key) {
            Found::Entry(entry) => Some(Read { entry, removals }),
            Found::Nothing => None,
        }
    }

    fn admit_from_disk(&self, read: Read) -> Served {
        self.store.counters.disk_hits.one();
        read.entry.note_hit();
        Served { entry: self.take_in(read), origin: Origin::Disk }
    }

    fn admit_from_peer(&self, read: Read) -> Served {
        self.store.counters.joined.one();
        Served { entry: self.take_in(read), origin: Origin::Joined }
    }

    /// Takes what was read into memory. Removed meanwhile: either who removed saw it there, or we see here that
    /// somebody did.
    fn take_in(&self, Read { entry, removals }: Read) -> Entry {
        self.resident.insert(&entry);
        if self.store.removals() != removals && !self.store.may_hold(entry.header()) {
            self.resident.remove(entry.digest());
        }
        entry
    }

    /// Lets go of what `is_meant` and is in memory or waits to be written; how many of these had no file. Done before
    /// their files are removed, and after, for the reasons that [`Cache::remove`] has.
    fn let_go(&self, is_meant: impl Fn(&Entry) -> bool) -> u64 {
        self.pending().retain(|entry| !is_meant(entry));
        let without_file = self.resident.remove_where(|entry| is_meant(entry) && !entry.is_stored());
        self.resident.remove_where(is_meant);
        without_file
    }

    fn write_later(&self, entry: Entry) {
        let mut pending = self.pending();
        if pending.len() < MOST_PENDING {
            pending.push_back(entry);
            drop(pending);
            self.bell.ring();
        } else {
            entry.set_storage(Storage::OnceOnly);
        }
    }

    /// Writes what was asked for again.
    pub(crate) fn write_pending(&self) {
        loop {
            let Some(entry) = self.pending().pop_front() else { return };
            let purges = self.store.purges();
            let is_in = |entry: &Entry| self.resident.find(entry.digest()).is_some_and(|e| e.is_same(entry));
            // What left the memory before it was written was not in use, or was removed.
            if !is_in(&entry) {
                continue;
            }
            match self.publish(entry.header(), entry.payload(), entry.on_disk()) {
                Ok(_) => entry.set_storage(Storage::Stored),
                Err(why) => {
                    self.store.counters.uncached(why);
                    entry.set_storage(Storage::MemoryOnly);
                }
            }
            if self.store.was_purged(purges, entry.digest(), &entry.source()) || !is_in(&entry) {
                self.take_back(entry.digest());
            }
        }
    }

    /// Removes what came to be after its removal; others may have read it meanwhile.
    fn take_back(&self, digest: &[u8; 32]) {
        if self.store.remove(digest) {
            self.note(Counts::note_removal);
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

    fn pending(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn listing_failed(error: io::Error) -> Error {
    Error::new(Kind::Io, Stage::Cache, "listing the cache failed").with_source(error)
}
