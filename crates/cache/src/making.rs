//! From a request to a picture: waited for, found, or made and kept. What fails on the way costs the cache; only the
//! producer's failure costs the request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use fic_core::{Cancel, Error, Kind, Stage};
use xxhash_rust::xxh3::xxh3_128;

use crate::buffer::AlignedBytes;
use crate::cache::Inner;
use crate::entry::{Body, Storage};
use crate::failures::is_lasting;
use crate::flight::{Joined, Lead, Outcome};
use crate::folder::Linked;
use crate::header::Header;
use crate::policy::Visits;
use crate::publish::publish;
use crate::stripe::Turn;
use crate::{Admission, Entry, Form, Key, Made, Maker, Origin, Served, SourceId, Uncached};

/// Keys that were asked for once are remembered up to this many.
const ONCE_REMEMBERED: usize = 1 << 16;
/// How many leaders in a row may give up before a follower does too.
const MOST_GIVEN_UP: u32 = 2;

/// The state of things when the making of a picture began.
#[derive(Clone, Copy)]
struct Begun<'a> {
    /// Thrown by whoever asked.
    cancel: Option<&'a Cancel>,
    /// Whether the producer said that its failure is one of this request alone.
    is_alone: &'a AtomicBool,
    /// `None` where another leads, and took too long.
    lead: Option<&'a Lead<'a, Key, Entry, Arc<Error>>>,
    purges: u64,
}

impl Inner {
    pub(crate) fn get_or_insert_with(
        &self,
        key: &Key,
        cancel: Option<&Cancel>,
        make: impl FnOnce(Maker<'_>) -> Result<Made, Error>,
    ) -> Result<Served, Error> {
        if let Some(entry) = self.find_resident(key) {
            return Ok(Served { entry, origin: Origin::Resident });
        }
        let counters = &self.store.counters;
        let (max_wait, began) = (self.store.config.max_wait, Instant::now());
        let mut given_up = 0_u32;
        loop {
            if let Some(error) = self.failures.recall(key.digest(), self.store.config.now_ms()) {
                counters.remembered_failures.one();
                return Err(error.repeat());
            }
            // However many lead one after another: who waits does so no longer than that altogether.
            match self.flights.join(*key, max_wait.saturating_sub(began.elapsed()), cancel) {
                Joined::Leads(lead) => return self.lead(key, Some(lead), cancel, make),
                Joined::TimedOut => {
                    counters.timed_out.one();
                    return self.lead(key, None, cancel, make);
                }
                Joined::Cancelled => return Err(cancelled()),
                Joined::Own => {
                    let what = "a producer asked the cache for the very picture that it makes";
                    return Err(Error::misuse(Stage::Cache, what));
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
        cancel: Option<&Cancel>,
        make: impl FnOnce(Maker<'_>) -> Result<Made, Error>,
    ) -> Result<Served, Error> {
        let is_alone = AtomicBool::new(false);
        let begun = Begun { cancel, is_alone: &is_alone, lead: lead.as_ref(), purges: self.store.purges() };
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
        if !is_lasting(error) || begun.is_alone.load(Ordering::Relaxed) {
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
        let _turn = match self.stripes.wait(&self.store.folder, key.digest(), patience, begun.cancel, look) {
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
        if begun.cancel.is_some_and(Cancel::is_cancelled) {
            return Err(cancelled());
        }
        let made = make(Maker::new(key, begun.is_alone))?;
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
    pub(crate) fn publish(
        &self,
        header: &Header,
        payload: &[u8],
        visits: &Arc<Visits>,
    ) -> Result<(Option<Body>, Arc<Visits>), Uncached> {
        let store = &self.store;
        for _ in 0..2 {
            let published = match publish(store, header, payload) {
                // Others may have died with room that they had taken.
                Err(Uncached::Quota) if store.recount_if_in_doubt() => publish(store, header, payload)?,
                published => published?,
            };
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
}

fn cancelled() -> Error {
    Error::new(Kind::Cancelled, Stage::Cache, "cancelled by the caller")
}
