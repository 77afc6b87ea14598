//! Entries on disk: found and verified, written, removed, counted.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::buffer::AlignedBytes;
use crate::entry::{Body, LiveMaps, Storage};
use crate::folder::{Facts, Folder, Opened, SHARDS, read_exact_at};
use crate::gate::{Gate, try_exclusive};
use crate::header::{HEADER_BYTES, Header};
use crate::identity;
use crate::ledger::{Ledger, mark_of, mark_of_digest};
use crate::policy::{S3Fifo, Visits};
use crate::stats::Counters;
use crate::{Backing, Config, Damage, Durability, Entry, Key, SourceId, Uncached};

/// Payloads are read and hashed in pieces that stay in the processor's cache.
const PIECE_BYTES: usize = 128 << 10;
/// The time of last use is written to disk no more often than this.
const TOUCH_SECS: i64 = 3600;
/// How far an entry's file may be beyond its payload: the header, and the rest of the last page.
const FRAME_BYTES: u64 = HEADER_BYTES as u64 + crate::header::PAGE_BYTES;

/// Eviction starts when less than this part of the quota is left, and ends when this part is.
const HIGH_ONE_IN: u64 = 16;
const LOW_ONE_IN: u64 = 8;
/// Whoever must evict to get room frees this part of the quota beside.
const SPARE_ONE_IN: u64 = 32;
/// Others may take the room that was made.
const RESERVE_TRIES: u32 = 4;
/// How often the files are counted, and looked through for what expired.
const COUNT_EVERY_MS: u64 = 600_000;
const SWEEP_EVERY_MS: u64 = 60_000;

type Digest = [u8; 32];

/// The part of a cache that is on disk.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) config: Config,
    pub(crate) folder: Folder,
    pub(crate) gate: Gate,
    pub(crate) ledger: Ledger,
    /// The start of the cache's id: seeds the headers' checksums.
    pub(crate) seed: u64,
    pub(crate) counters: Counters,
    pub(crate) maps: Arc<LiveMaps>,
    index: Mutex<S3Fifo<Digest>>,
    evicting: Mutex<()>,
    due: Due,
}

/// When what was done last.
#[derive(Debug)]
struct Due {
    count: LastDone,
    sweep: LastDone,
    touch: LastDone,
}

#[derive(Debug)]
struct LastDone(AtomicU64);

impl LastDone {
    /// Whether it is time again; then it counts as done.
    fn is_due(&self, now_ms: u64, every_ms: u64) -> bool {
        let last = self.0.load(Ordering::Relaxed);
        let is_due = now_ms >= last.saturating_add(every_ms);
        is_due && self.0.compare_exchange(last, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// What looking for an entry came to.
#[derive(Debug)]
pub(crate) enum Found {
    /// It is there, verified.
    Entry(Entry),
    /// It is not, or not any more.
    Nothing,
}

/// Room taken from the quota; given back when dropped, but for what is kept.
#[derive(Debug)]
pub(crate) struct Room<'a> {
    store: &'a Store,
    bytes: u64,
    kept: Option<u64>,
}

impl Store {
    /// Opens the folder, learns what is in it, and brings it under the quota.
    pub(crate) fn open(root: &Path, config: Config) -> io::Result<Store> {
        let folder = Folder::open(root)?;
        let seed = identity::open(&folder)?;
        let opened = || LastDone(AtomicU64::new(config.now_ms()));
        let store = Store {
            gate: Gate::open(&folder)?,
            ledger: Ledger::open(&folder)?,
            folder,
            seed,
            counters: Counters::default(),
            maps: Arc::default(),
            index: Mutex::new(S3Fifo::new()),
            evicting: Mutex::new(()),
            due: Due { count: opened(), sweep: opened(), touch: opened() },
            config,
        };
        if !store.count()? {
            // Others are publishing: their count stands, if they have one.
            store.scan()?;
        }
        Ok(store)
    }

    pub(crate) fn is_durable(&self) -> bool {
        self.config.durability == Durability::PowerLoss
    }

    pub(crate) fn index(&self) -> MutexGuard<'_, S3Fifo<Digest>> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads and verifies the entry of `key`; what turns out not to be one is deleted.
    pub(crate) fn find(&self, key: &Key) -> Found {
        let opened = match self.folder.open_entry(key.digest()) {
            Ok(Opened::Missing) => {
                self.index().remove(key.digest());
                return Found::Nothing;
            }
            Ok(opened) => opened,
            Err(_) => {
                self.counters.io_errors.one();
                return Found::Nothing;
            }
        };
        let read = match opened {
            Opened::File(file, facts) => self.read(key, &file, &facts),
            Opened::Damaged(damage) => Err(damage),
            Opened::Missing => return Found::Nothing,
        };
        match read {
            Ok(Some(entry)) => Found::Entry(entry),
            Ok(None) => {
                self.counters.expired.one();
                self.remove(key.digest());
                Found::Nothing
            }
            Err(damage) => {
                self.counters.damaged(damage);
                self.remove(key.digest());
                Found::Nothing
            }
        }
    }

    /// `None` where it is past its time.
    fn read(&self, key: &Key, file: &File, facts: &Facts) -> Result<Option<Entry>, Damage> {
        let header = self.read_header(key.digest(), file, facts)?;
        if header.source != key.source() || header.shape.form() != key.form() {
            return Err(Damage::KeyMismatch);
        }
        let now_ms = self.config.now_ms();
        if header.is_expired(now_ms) {
            return Ok(None);
        }
        let body = self.body(&header, file)?;
        let idle = i64::try_from(now_ms / 1000).unwrap_or(0).saturating_sub(facts.used_secs);
        if idle > TOUCH_SECS && self.folder.touch(key.digest()).is_err() {
            self.counters.io_errors.one();
        }
        let on_disk = self.know(key.digest(), facts.disk_bytes, &Arc::default());
        Ok(Some(Entry::new(header, body, on_disk, Storage::Stored)))
    }

    /// The header, checked against the name and the file.
    pub(crate) fn read_header(&self, digest: &Digest, file: &File, facts: &Facts) -> Result<Header, Damage> {
        if facts.len > self.config.max_entry_bytes.saturating_add(FRAME_BYTES) {
            return Err(Damage::Oversized);
        }
        if facts.len <= HEADER_BYTES as u64 {
            return Err(Damage::TooShort);
        }
        let mut page = [0; HEADER_BYTES];
        read_exact_at(file, &mut page, 0).map_err(damage_of)?;
        let header = Header::from_page(&page, self.seed)?;
        if header.digest != *digest {
            return Err(Damage::KeyMismatch);
        }
        if Header::file_bytes(&header.shape) != Some(facts.len) {
            return Err(Damage::LengthMismatch);
        }
        Ok(header)
    }

    /// The payload, verified.
    pub(crate) fn body(&self, header: &Header, file: &File) -> Result<Body, Damage> {
        if let Some(body) = self.mapped(header, file) {
            return match xxh3_128(body.payload(header)) == header.payload_checksum {
                true => Ok(body),
                false => Err(Damage::PayloadChecksum),
            };
        }
        let len = usize::try_from(header.shape.payload_bytes()).map_err(|_| Damage::Oversized)?;
        let mut bytes = AlignedBytes::zeroed(len);
        let mut hash = Xxh3::new();
        let mut offset = HEADER_BYTES as u64;
        for piece in bytes.as_mut_slice().chunks_mut(PIECE_BYTES) {
            read_exact_at(file, piece, offset).map_err(damage_of)?;
            hash.update(piece);
            offset = offset.saturating_add(piece.len() as u64);
        }
        match hash.digest128() == header.payload_checksum {
            true => Ok(Body::Private(bytes)),
            false => Err(Damage::PayloadChecksum),
        }
    }

    /// A map of a whole entry's file, where the configuration has it and there are not too many.
    #[cfg(all(feature = "mmap", target_os = "linux"))]
    pub(crate) fn mapped(&self, header: &Header, file: &File) -> Option<Body> {
        let Backing::Mapped(exclusive) = self.config.backing else { return None };
        let file_bytes = Header::file_bytes(&header.shape)?;
        let live = self.maps.one_more(file_bytes, self.config.max_resident as u64)?;
        let map = fic_mmap::Map::of(exclusive, file, usize::try_from(file_bytes).ok()?).ok()?;
        Some(Body::Mapped(map, live))
    }

    #[cfg(not(all(feature = "mmap", target_os = "linux")))]
    pub(crate) fn mapped(&self, _header: &Header, _file: &File) -> Option<Body> {
        match self.config.backing {
            Backing::Private => None,
        }
    }

    /// The mark of an entry on disk, which from now on is known to be there: the mark it has, or else `new`.
    pub(crate) fn know(&self, digest: &Digest, disk_bytes: u64, new: &Arc<Visits>) -> Arc<Visits> {
        let mut index = self.index();
        if let Some(visits) = index.visits(digest) {
            return Arc::clone(visits);
        }
        index.insert(*digest, disk_bytes, Arc::clone(new));
        Arc::clone(new)
    }

    /// Deletes the file of that digest; whether there was one.
    pub(crate) fn remove(&self, digest: &Digest) -> bool {
        self.index().remove(digest);
        self.unlink(digest).is_some()
    }

    /// Deletes a file and gives its room back; its bytes.
    fn unlink(&self, digest: &Digest) -> Option<u64> {
        // A count that is under way must see both the file and its bytes, or neither. It is no reason not to remove.
        let _pass = self.gate.enter();
        match self.folder.remove_entry(digest) {
            Ok(Some(bytes)) => {
                if self.ledger.give_back(bytes, 1).is_err() {
                    self.counters.io_errors.one();
                }
                Some(bytes)
            }
            Ok(None) => None,
            Err(_) => {
                self.counters.io_errors.one();
                None
            }
        }
    }

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
        for _ in 0..RESERVE_TRIES {
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
                Ok(Err(_)) => _ = self.make_room(target),
                Err(_) => {
                    self.counters.io_errors.one();
                    return Err(Uncached::Busy);
                }
            }
        }
        Err(Uncached::Quota)
    }

    /// Evicts until no more than `target` bytes are on disk; the bytes that went. Nothing where another process
    /// is at it.
    pub(crate) fn make_room(&self, target: u64) -> u64 {
        // Threads of this process wait for each other: what the first frees will do for the next.
        let _ours = self.evicting.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(Some(_janitor)) = try_exclusive(&self.folder, "lock/janitor") else { return 0 };
        let mut gone: u64 = 0;
        let mut was_scanned = false;
        while self.ledger.read().is_some_and(|counts| counts.used_bytes > target) {
            let victim = self.index().evict();
            match victim {
                Some((digest, _)) => {
                    if let Some(bytes) = self.unlink(&digest) {
                        gone = gone.saturating_add(bytes);
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
                None => break,
            }
        }
        gone
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

    /// How often anything was removed on purpose, by any process.
    pub(crate) fn removals(&self) -> u64 {
        self.ledger.read().map_or(0, |counts| counts.removals)
    }

    /// How often a key, a source or everything was removed, by any process.
    pub(crate) fn purges(&self) -> u64 {
        self.ledger.read().map_or(0, |counts| counts.purges)
    }

    /// Whether one of these removals since the count was `since` was about that digest or source.
    pub(crate) fn was_purged(&self, since: u64, digest: &Digest, source: &SourceId) -> bool {
        self.ledger.read().unwrap_or_default().was_purged(since, [mark_of_digest(digest), mark_of(source)])
    }

    /// Whether it is time to evict, so that nobody has to wait for it.
    pub(crate) fn is_getting_full(&self) -> bool {
        let high = self.config.quota_bytes.saturating_sub(self.config.quota_bytes / HIGH_ONE_IN);
        self.ledger.read().is_some_and(|counts| counts.used_bytes > high)
    }

    /// Whether entries that are used in memory are to be marked as used on disk.
    pub(crate) fn is_touch_due(&self) -> bool {
        self.due.touch.is_due(self.config.now_ms(), TOUCH_SECS.unsigned_abs().saturating_mul(1000))
    }

    /// Does what is due: counts anew, evicts, deletes what expired.
    pub(crate) fn tend(&self) -> io::Result<()> {
        let now_ms = self.config.now_ms();
        if self.ledger.read().is_none() || self.due.count.is_due(now_ms, COUNT_EVERY_MS) {
            self.count()?;
        }
        if let Some(time) = self.config.time_to_live {
            let quarter = u64::try_from(time.as_millis() / 4).unwrap_or(u64::MAX);
            if self.due.sweep.is_due(now_ms, quarter.max(SWEEP_EVERY_MS)) {
                self.sweep(now_ms)?;
            }
        }
        if self.is_getting_full() {
            self.make_room(self.config.quota_bytes.saturating_sub(self.config.quota_bytes / LOW_ONE_IN));
        }
        let lacking = self.config.min_free_bytes.saturating_sub(self.folder.free_bytes()?);
        if let (1.., Some(counts)) = (lacking, self.ledger.read()) {
            self.make_room(counts.used_bytes.saturating_sub(lacking));
        }
        Ok(())
    }

    /// What a failed write means for the request; a full disk is made less full.
    pub(crate) fn write_failed(&self, error: &io::Error, bytes: u64) -> Uncached {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                let used = self.ledger.read().map_or(0, |counts| counts.used_bytes);
                self.make_room(used.saturating_sub(bytes.saturating_mul(2)));
                Uncached::DiskFull
            }
            _ => {
                self.counters.io_errors.one();
                Uncached::WriteFailed
            }
        }
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

fn damage_of(error: io::Error) -> Damage {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Damage::LengthMismatch,
        _ => Damage::ReadFailed,
    }
}
