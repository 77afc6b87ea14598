//! What is there already, in memory and on disk, and how it comes into memory.

use crate::cache::Inner;
use crate::store::Found;
use crate::{Entry, Key, Origin, Served};

/// What was read from disk.
pub(crate) struct Read {
    entry: Entry,
    /// How often anything had been removed before.
    removals: u64,
}

impl Inner {
    pub(crate) fn find_resident(&self, key: &Key) -> Option<Entry> {
        let entry = self.resident.find(key.digest())?;
        if self.is_expired(&entry) {
            self.store.counters.expired.one();
            self.resident.remove(key.digest());
            return None;
        }
        self.store.counters.resident_hits.one();
        entry.note_hit();
        if entry.is_asked_again() {
            self.write_later(&entry);
        }
        Some(entry)
    }

    pub(crate) fn is_expired(&self, entry: &Entry) -> bool {
        let header = entry.header();
        header.expires_ms != 0 && header.is_expired(self.store.config.now_ms())
    }

    pub(crate) fn expiry(&self, created_ms: u64) -> u64 {
        match self.store.config.time_to_live {
            None => 0,
            Some(time) => created_ms.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        }
    }

    pub(crate) fn read_disk(&self, key: &Key) -> Option<Read> {
        let removals = self.store.removals();
        match self.store.find(key) {
            Found::Entry(entry) => Some(Read { entry, removals }),
            Found::Nothing => None,
        }
    }

    pub(crate) fn admit_from_disk(&self, read: Read) -> Served {
        self.store.counters.disk_hits.one();
        read.entry.note_hit();
        Served { entry: self.take_in(read), origin: Origin::Disk }
    }

    pub(crate) fn admit_from_peer(&self, read: Read) -> Served {
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
}
