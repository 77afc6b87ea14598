//! What happened so far, counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use fic_trail::{CacheTrouble, cache_incident, metric};

use crate::source::Hex;
use crate::{Damage, Uncached};

/// The counts of one open cache, from its opening on; disk and memory as they are now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Requests that were answered from memory.
    pub resident_hits: u64,
    /// Requests that were answered from disk, verified.
    pub disk_hits: u64,
    /// Requests that the second tier answered.
    pub second_tier_hits: u64,
    /// Requests that waited for another thread or process and got what it made.
    pub joined: u64,
    /// Requests for what was not there.
    pub misses: u64,
    /// Pictures that a producer made.
    pub made: u64,
    /// Producers that failed.
    pub failed: u64,
    /// Requests that were refused because the same failed a short while ago.
    pub remembered_failures: u64,
    /// Waits that ended because the leader died or gave up.
    pub handed_over: u64,
    /// Waits that took too long.
    pub timed_out: u64,
    /// Entries written and linked.
    pub published: u64,
    /// Entries that another process had linked first.
    pub already_there: u64,
    /// Entries evicted for room, and their bytes.
    pub evicted: u64,
    /// See `evicted`.
    pub evicted_bytes: u64,
    /// Entries found past their time.
    pub expired: u64,
    /// Pictures that were made and not kept on disk, by [`Uncached`].
    pub uncached: [u64; Uncached::ALL.len()],
    /// Files that were not used as entries, by [`Damage`].
    pub damaged: [u64; Damage::ALL.len()],
    /// Calls of the system that failed and cost a request nothing but the cache.
    pub io_errors: u64,
    /// Calls of the second tier that failed.
    pub second_tier_errors: u64,
    /// Panics of the background thread, which goes on all the same: a fault of ours, please report it.
    pub tending_panics: u64,
    /// Bytes on disk, all processes, with what is being written.
    pub disk_bytes: u64,
    /// Entries on disk.
    pub disk_entries: u64,
    /// Bytes that entries take in memory or mapped in this process.
    pub resident_bytes: u64,
    /// How many those are.
    pub resident_entries: u64,
    /// Maps that live, handed out or resident: their bytes stay on disk even when evicted, until they are let go of.
    pub mapped: u64,
    /// Their bytes. What is on disk is at most the quota and this, for all processes together.
    pub mapped_bytes: u64,
}

impl Stats {
    /// How often a file was not used for that reason.
    pub fn damaged(&self, damage: Damage) -> u64 {
        self.damaged.get(damage.place()).copied().unwrap_or(0)
    }

    /// How often a picture was not kept for that reason.
    pub fn uncached(&self, why: Uncached) -> u64 {
        self.uncached.get(why.place()).copied().unwrap_or(0)
    }
}

/// The counters behind [`Stats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) resident_hits: Counter,
    pub(crate) disk_hits: Counter,
    pub(crate) second_tier_hits: Counter,
    pub(crate) joined: Counter,
    pub(crate) misses: Counter,
    pub(crate) made: Counter,
    pub(crate) failed: Counter,
    pub(crate) remembered_failures: Counter,
    pub(crate) handed_over: Counter,
    pub(crate) timed_out: Counter,
    pub(crate) published: Counter,
    pub(crate) already_there: Counter,
    pub(crate) evicted: Counter,
    pub(crate) evicted_bytes: Counter,
    pub(crate) expired: Counter,
    pub(crate) io_errors: Counter,
    pub(crate) second_tier_errors: Counter,
    pub(crate) tending_panics: Counter,
    uncached: [Counter; Uncached::ALL.len()],
    damaged: [Counter; Damage::ALL.len()],
    unwritable: AtMostOnceASecond,
}

/// A full disk fails every request: its log need not be filled by it too.
#[derive(Debug, Default)]
struct AtMostOnceASecond(Mutex<Option<Instant>>);

impl AtMostOnceASecond {
    fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| last.elapsed() >= Duration::from_secs(1));
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }
}

/// One of them.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn one(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    /// The file of that digest is not used, which is an incident: somebody or something else writes to the folder.
    pub(crate) fn damaged(&self, damage: Damage, digest: &[u8; 32]) {
        cache_incident(CacheTrouble::Damaged, damage.name(), Some(&Hex(digest)));
        if let Some(counter) = self.damaged.get(damage.place()) {
            counter.one();
        }
    }

    pub(crate) fn uncached(&self, why: Uncached) {
        metric::cache_uncached(why.name());
        if matches!(why, Uncached::DiskFull | Uncached::WriteFailed) && self.unwritable.is_due() {
            cache_incident(CacheTrouble::Unwritable, why.name(), None);
        }
        if let Some(counter) = self.uncached.get(why.place()) {
            counter.one();
        }
    }

    /// The counts; disk and memory are filled in by who knows them.
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            resident_hits: self.resident_hits.value(),
            disk_hits: self.disk_hits.value(),
            second_tier_hits: self.second_tier_hits.value(),
            joined: self.joined.value(),
            misses: self.misses.value(),
            made: self.made.value(),
            failed: self.failed.value(),
            remembered_failures: self.remembered_failures.value(),
            handed_over: self.handed_over.value(),
            timed_out: self.timed_out.value(),
            published: self.published.value(),
            already_there: self.already_there.value(),
            evicted: self.evicted.value(),
            evicted_bytes: self.evicted_bytes.value(),
            expired: self.expired.value(),
            io_errors: self.io_errors.value(),
            second_tier_errors: self.second_tier_errors.value(),
            tending_panics: self.tending_panics.value(),
            uncached: self.uncached.each_ref().map(Counter::value),
            damaged: self.damaged.each_ref().map(Counter::value),
            ..Stats::default()
        }
    }
}
