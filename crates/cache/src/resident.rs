//! Entries in memory: found by key in some tens of nanoseconds, without a call of the system.

use std::collections::HashMap;
use std::hash::RandomState;
use std::sync::{Mutex, PoisonError, RwLock};

use crate::Entry;
use crate::policy::S3Fifo;

const SHARDS: usize = 16;

type Digest = [u8; 32];

/// The table, and the order in which entries leave it.
#[derive(Debug)]
pub(crate) struct Resident {
    /// Seeded hashes: whoever sends sources must not choose who collides.
    shards: [RwLock<HashMap<Digest, Entry, RandomState>>; SHARDS],
    order: Mutex<S3Fifo<Digest>>,
    max_bytes: u64,
    max_entries: usize,
}

impl Resident {
    pub(crate) fn new(max_bytes: u64, max_entries: usize) -> Resident {
        Resident {
            shards: std::array::from_fn(|_| RwLock::default()),
            order: Mutex::new(S3Fifo::new()),
            max_bytes,
            max_entries,
        }
    }

    /// The entry of that digest; leaves no mark.
    pub(crate) fn find(&self, digest: &Digest) -> Option<Entry> {
        self.shard(digest).read().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    /// Takes `entry` in, in the place of one of the same key, and lets others go for it. What is larger than the
    /// table is not kept.
    pub(crate) fn insert(&self, entry: &Entry) {
        let bytes = entry.shape().payload_bytes();
        if bytes > self.max_bytes || self.max_entries == 0 {
            return;
        }
        let mut gone = Vec::new();
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.insert(*entry.digest(), bytes, entry.in_memory().clone());
        gone.extend(self.put(entry));
        while order.weight() > self.max_bytes || order.len() > self.max_entries {
            let Some((victim, _)) = order.evict() else { break };
            gone.extend(self.take(&victim));
        }
        // To drop the last of an entry frees or unmaps it: not under the lock.
        drop(order);
    }

    /// Lets the entry of that digest go.
    pub(crate) fn remove(&self, digest: &Digest) -> Option<Entry> {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.remove(digest);
        self.take(digest)
    }

    /// Lets go of every entry that `is_meant`; how many.
    pub(crate) fn remove_where(&self, is_meant: impl Fn(&Entry) -> bool) -> u64 {
        let meant: Vec<Digest> = self.all().iter().filter(|e| is_meant(e)).map(|e| *e.digest()).collect();
        meant.iter().filter_map(|digest| self.remove(digest)).count() as u64
    }

    /// Every entry, in no order.
    pub(crate) fn all(&self) -> Vec<Entry> {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.extend(shard.read().unwrap_or_else(PoisonError::into_inner).values().cloned());
        }
        all
    }

    /// Bytes and entries.
    pub(crate) fn size(&self) -> (u64, u64) {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        (order.weight(), order.len() as u64)
    }

    fn put(&self, entry: &Entry) -> Option<Entry> {
        let mut shard = self.shard(entry.digest()).write().unwrap_or_else(PoisonError::into_inner);
        shard.insert(*entry.digest(), entry.clone())
    }

    fn take(&self, digest: &Digest) -> Option<Entry> {
        self.shard(digest).write().unwrap_or_else(PoisonError::into_inner).remove(digest)
    }

    fn shard(&self, digest: &Digest) -> &RwLock<HashMap<Digest, Entry, RandomState>> {
        let ([byte, ..], [first, ..]) = (digest, &self.shards);
        self.shards.get(usize::from(*byte) % SHARDS).unwrap_or(first)
    }
}
