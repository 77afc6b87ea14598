//! Entries that were asked for a second time and wait to be written: few, and of few bytes, for what has left the
//! table in memory meanwhile is held only here.

use std::collections::VecDeque;
use std::sync::{MutexGuard, PoisonError};

use crate::Entry;
use crate::cache::Inner;
use crate::entry::Storage;

/// Entries that wait at most.
const MOST: usize = 256;
/// The part of what entries may take in memory that those which wait may take beside: one in this many bytes. One entry
/// may always wait.
const BYTES_ONE_IN: u64 = 8;

/// The queue.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    entries: VecDeque<Entry>,
    bytes: u64,
}

impl Pending {
    /// Takes `entry` in, where there is room.
    fn push(&mut self, entry: &Entry, most_bytes: u64) -> bool {
        let bytes = self.bytes.saturating_add(entry.shape().payload_bytes());
        let has_room = self.entries.is_empty() || (self.entries.len() < MOST && bytes <= most_bytes);
        if has_room {
            self.entries.push_back(entry.clone());
            self.bytes = bytes;
        }
        has_room
    }

    fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.bytes = self.bytes.saturating_sub(entry.shape().payload_bytes());
        Some(entry)
    }

    /// Lets go of those that `is_meant`.
    pub(crate) fn forget(&mut self, is_meant: impl Fn(&Entry) -> bool) {
        self.entries.retain(|entry| !is_meant(entry));
        self.bytes = self.entries.iter().map(|entry| entry.shape().payload_bytes()).sum();
    }
}

impl Inner {
    pub(crate) fn write_later(&self, entry: &Entry) {
        let has_room = self.pending().push(entry, self.store.config.resident_bytes / BYTES_ONE_IN);
        if has_room {
            self.bell.ring();
        } else {
            entry.set_storage(Storage::OnceOnly);
        }
    }

    /// Writes what was asked for again.
    pub(crate) fn write_pending(&self) {
        loop {
            let Some(entry) = self.pending().pop() else { return };
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

    pub(crate) fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fic_core::Format;

    use super::*;
    use crate::buffer::AlignedBytes;
    use crate::entry::Body;
    use crate::header::Header;
    use crate::{Shape, SourceId};

    fn entry(number: u8, bytes: usize) -> Entry {
        let header = Header {
            digest: [number; 32],
            source: SourceId::named("a", "b"),
            shape: Shape::encoded(1, 1, Format::Png, bytes as u64).unwrap(),
            created_ms: 0,
            expires_ms: 0,
            payload_checksum: 0,
        };
        Entry::new(header, Body::Private(AlignedBytes::zeroed(bytes)), Arc::default(), Storage::OnceOnly)
    }

    #[test]
    fn no_more_bytes_wait_than_may_but_for_a_single_entry() {
        let mut pending = Pending::default();
        assert!(pending.push(&entry(1, 5_000), 1_000), "one may always wait");
        assert!(!pending.push(&entry(2, 1), 1_000));
        assert!(pending.pop().is_some() && pending.pop().is_none());
        assert!(pending.push(&entry(3, 600), 1_000) && pending.push(&entry(4, 400), 1_000));
        assert!(!pending.push(&entry(5, 1), 1_000));
        pending.forget(|entry| entry.digest() == &[3; 32]);
        assert_eq!(pending.bytes, 400);
        assert!(pending.push(&entry(6, 600), 1_000));
        let small = (0..=255).filter(|&n| pending.push(&entry(n, 1), 1_000_000)).count();
        assert_eq!((small, pending.entries.len()), (MOST - 2, MOST));
    }
}
