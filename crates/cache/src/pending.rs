//! Entries that were asked for a second time and wait to be written.

use std::collections::VecDeque;
use std::sync::{MutexGuard, PoisonError};

use crate::Entry;
use crate::cache::Inner;
use crate::entry::Storage;

/// Entries that wait.
pub(crate) const MOST_PENDING: usize = 256;

impl Inner {
    pub(crate) fn write_later(&self, entry: Entry) {
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

    pub(crate) fn pending(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
