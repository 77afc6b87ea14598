//! Room in the quota: taken before a file is written, made by evicting, counted anew where the number is in doubt.
//!
//! All processes share one number. Whoever dies with room taken leaves it too high: that is noticed when eviction comes to its
//! end and there is still no room, or when far more is taken than all files have.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::{Digest, Store};
use crate::Uncached;
use crate::folder::SHARDS;
use crate::gate::try_exclusive;

/// Whoever must evict to get room frees this part of the quota beside.
const SPARE_ONE_IN: u64 = 32;
/// More than this part of the quota is not being written at once.
const DOUBT_ONE_IN: u64 = 4;
/// Others may take the room that was made.
const RESERVE_TRIES: u32 = 4;
/// How long a request waits for another process that evicts just now, at most: less than the picture took to make.
const JANITOR_PAUSE: Duration = Duration::from_micros(250);
const JANITOR_PAUSES: u32 = 20;
/// A count needs a moment in which nobody publishes.
const COUNT_TRIES: u32 = 10;
const COUNT_PAUSE: Duration = Duration::from_millis(1);

/// Room taken from the quota; given back when dropped, but for what is kept.
#[derive(Debug)]
pub(crate) struct Room<'a> {
    store: &'a Store,
    bytes: u64,
    kept: Option<u64>,
}

/// What evicting came to.
enum Evicted {
    /// So many bytes went.
    Bytes(u64),
    /// Another process evicts just now.
    OthersAreAtIt,
}

impl Store {
    /// Takes room for a file from the quota, evicting for it where there is none.
    pub(crate) fn reserve(&self, bytes: u64) -> Result<Room<'_>, Uncached> {
        if bytes > self.config.quota_bytes {
            return Err(Uncached::TooLarge);
        }
        let others = self.config.min_free_bytes;
        if others > 0 && self.folder.free_bytes().unwrap_or(u64::MAX) < others.saturating_add(bytes) {
            return Err(Uncached::MinFree);
        }
        // A little more than is needed, so that the next one need not evict too.
        let target = self.config.quota_bytes.saturating_sub(bytes);
        let target = target.saturating_sub(self.config.quota_bytes / SPARE_ONE_IN);
        let (mut tries, mut pauses) = (0, 0);
        while tries < RESERVE_TRIES && pauses < JANITOR_PAUSES {
            let taken = self.ledger.update(|counts| {
                let wanted = counts.used_bytes.saturating_add(bytes);
                if wanted > self.config.quota_bytes {
                    return Err(Uncached::Quota);
                }
                counts.used_bytes = wanted;
                counts.entries = counts.entries.saturating_add(1);
                Ok(())
            });
            match taken {
                Ok(Ok(())) => return Ok(Room { store: self, bytes, kept: None }),
                Ok(Err(_)) => match self.evict_to(target) {
                    Evicted::Bytes(_) => tries += 1,
                    // What it frees will do for us too.
                    Evicted::OthersAreAtIt => {
                        pauses += 1;
                        std::thread::sleep(JANITOR_PAUSE);
                    }
                },
                Err(_) => {
                    self.counters.io_errors.one();
                    return Err(Uncached::Busy);
                }
            }
        }
        Err(Uncached::Quota)
    }

    /// The same as [`Store::make_room`], with a count before where the number is in doubt. Not while a pass of the gate is
    /// held.
    pub(crate) fn make_counted_room(&self, target: u64) -> u64 {
        let gone = self.make_room(target);
        if self.recount_if_in_doubt() { gone.saturating_add(self.make_room(target)) } else { gone }
    }

    /// Has the next eviction look first whether the number is in doubt.
    pub(crate) fn look_first(&self) {
        self.evicted_since_look.store(u64::MAX, Ordering::Relaxed);
    }

    /// Whether far more room is taken than all files have: somebody died with it. To evict for that would be in vain; it
    /// is time to count.
    fn is_in_doubt(&self) -> bool {
        let used = self.ledger.read().map_or(0, |counts| counts.used_bytes);
        let is_far_off = |known: u64| used.saturating_sub(known) > self.config.quota_bytes / DOUBT_ONE_IN;
        // To look at every call would cost the other processes their turn: so much may go in vain before it is noticed.
        let since_look = self.evicted_since_look.load(Ordering::Relaxed);
        if !is_far_off(self.index().weight()) || since_look < self.config.quota_bytes / DOUBT_ONE_IN {
            return false;
        }
        // What others published is not known before a look. It is not taken in: they know better when it goes.
        let is_in_doubt = self.bytes_of_files().is_ok_and(is_far_off);
        if is_in_doubt {
            self.due.count.make_due();
        } else {
            self.evicted_since_look.store(0, Ordering::Relaxed);
        }
        is_in_doubt
    }

    fn bytes_of_files(&self) -> io::Result<u64> {
        (0..SHARDS).try_fold(0_u64, |bytes, shard| {
            let listed = self.folder.list(u8::try_from(shard).unwrap_or(0))?;
            Ok(listed.iter().fold(bytes, |bytes, file| bytes.saturating_add(file.facts.disk_bytes)))
        })
    }

    /// Evicts until no more than `target` bytes are on disk; the bytes that went. Nothing where another process
    /// is at it, or where it has to be counted first.
    pub(crate) fn make_room(&self, target: u64) -> u64 {
        match self.evict_to(target) {
            Evicted::Bytes(bytes) => bytes,
            Evicted::OthersAreAtIt => 0,
        }
    }

    fn evict_to(&self, target: u64) -> Evicted {
        // Threads of this process wait for each other: what the first frees will do for the next.
        let _ours = self.evicting.lock().unwrap_or_else(PoisonError::into_inner);
        let _janitor = match try_exclusive(&self.folder, "lock/janitor") {
            Ok(Some(janitor)) => janitor,
            Ok(None) => return Evicted::OthersAreAtIt,
            Err(_) => return Evicted::Bytes(0),
        };
        if self.is_in_doubt() {
            return Evicted::Bytes(0);
        }
        let mut gone: u64 = 0;
        let mut was_scanned = false;
        while self.ledger.read().is_some_and(|counts| counts.used_bytes > target) {
            let victim = self.index().evict();
            match victim {
                Some((digest, _)) => {
                    if let Ok(Some(bytes)) = self.unlink(&digest) {
                        self.note_evicted(&digest);
                        gone = gone.saturating_add(bytes);
                        let since_look = self.evicted_since_look.load(Ordering::Relaxed);
                        self.evicted_since_look.store(since_look.saturating_add(bytes), Ordering::Relaxed);
                        self.counters.evicted.one();
                        self.counters.evicted_bytes.add(bytes);
                    }
                }
                // What is left was published by others.
                None if !was_scanned => {
                    was_scanned = true;
                    if self.scan().is_err() {
                        break;
                    }
                }
                // Nothing is left, and the number says otherwise: somebody died with room taken. Or is about to use it.
                None => {
                    self.due.count.make_due();
                    break;
                }
            }
        }
        Evicted::Bytes(gone)
    }

    /// Learns which entries there are: those that are new to us are taken in in the order of their last use, those
    /// that are gone are forgotten. Bytes and entries found.
    pub(crate) fn scan(&self) -> io::Result<(u64, u64)> {
        let mut found = Vec::new();
        for shard in 0..SHARDS {
            let listed = self.folder.list(u8::try_from(shard).unwrap_or(0))?;
            found.extend(listed.into_iter().map(|l| (l.facts.used_secs, l.digest, l.facts.disk_bytes)));
        }
        found.sort_unstable();
        let bytes = found.iter().map(|(_, _, bytes)| *bytes).fold(0, u64::saturating_add);
        let there: std::collections::HashSet<&Digest> = found.iter().map(|(_, digest, _)| digest).collect();
        let mut index = self.index();
        let gone: Vec<Digest> = index.names().filter(|digest| !there.contains(digest)).copied().collect();
        gone.iter().for_each(|digest| _ = index.remove(digest));
        for (_, digest, bytes) in &found {
            if !index.contains(digest) {
                index.insert_known(*digest, *bytes, Arc::default());
            }
        }
        Ok((bytes, found.len() as u64))
    }

    /// Counts what is on disk while nobody publishes, and corrects the ledger; `false` where somebody does.
    pub(crate) fn count(&self) -> io::Result<bool> {
        let Some(_janitor) = try_exclusive(&self.folder, "lock/janitor")? else { return Ok(false) };
        let Some(_nobody) = try_exclusive(&self.folder, "lock/publish")? else { return Ok(false) };
        self.folder.remove_drafts()?;
        let (bytes, entries) = self.scan()?;
        self.ledger.correct(bytes, entries)?;
        Ok(true)
    }

    /// The same with patience, where it is due; what came to nothing stays due.
    pub(super) fn try_count(&self) -> io::Result<bool> {
        for _ in 0..COUNT_TRIES {
            if self.count().inspect_err(|_| self.due.count.make_due())? {
                return Ok(true);
            }
            std::thread::sleep(COUNT_PAUSE);
        }
        self.due.count.make_due();
        Ok(false)
    }

    /// Counts anew where eviction came to its end and the number still said that there is no room; whether that was so.
    /// Not while a pass of the gate is held.
    pub(crate) fn recount_if_in_doubt(&self) -> bool {
        let is_in_doubt = self.due.count.0.load(Ordering::Relaxed) == 0;
        is_in_doubt && self.due.count.is_due(self.config.now_ms(), 0) && self.try_count().unwrap_or(false)
    }
}

impl Room<'_> {
    /// The file is linked and takes this much.
    pub(crate) fn keep(&mut self, disk_bytes: u64) {
        self.kept = Some(disk_bytes);
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let ledger = &self.store.ledger;
        let settled = match self.kept {
            None => ledger.give_back(self.bytes, 1),
            Some(kept) if kept == self.bytes => Ok(()),
            Some(kept) => ledger.change(|counts| {
                counts.used_bytes = counts.used_bytes.saturating_sub(self.bytes).saturating_add(kept);
            }),
        };
        if settled.is_err() {
            self.store.counters.io_errors.one();
        }
    }
}
