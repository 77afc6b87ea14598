//! Entries on disk: found and verified, removed; in [`room`] their share of the quota.

mod room;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::buffer::AlignedBytes;
use crate::entry::{Body, LiveMaps, Storage};
use crate::folder::{Facts, Folder, Opened, read_exact_at};
use crate::gate::Gate;
use crate::header::{HEADER_BYTES, Header};
use crate::identity;
use crate::ledger::{Ledger, mark_of, mark_of_digest};
use crate::policy::{S3Fifo, Visits};
use crate::stats::Counters;
use crate::{Backing, Config, Damage, Durability, Entry, Key, SourceId, Uncached};

/// What is read of a file before anything else.
pub(crate) enum Front {
    /// An entry that this cache may hold.
    Fits(Header),
    /// An entry of a process that allows larger ones.
    Larger(Header),
}

/// Payloads are read and hashed in pieces that stay in the processor's cache.
const PIECE_BYTES: usize = 128 << 10;
/// The time of last use is written to disk no more often than this.
const TOUCH_SECS: i64 = 3600;
/// How far an entry's file may be beyond its payload: the header, and the rest of the last page.
const FRAME_BYTES: u64 = HEADER_BYTES as u64 + crate::header::PAGE_BYTES;

/// Eviction starts when less than this part of the quota is left, and ends when this part is.
const HIGH_ONE_IN: u64 = 16;
const LOW_ONE_IN: u64 = 8;
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
    /// Bytes that were evicted since it was last looked whether the number of those taken is in doubt.
    evicted_since_look: AtomicU64,
    /// What was evicted and may still be mapped.
    evicted: Mutex<Vec<Digest>>,
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
    /// It is time again, whenever it was done last.
    fn make_due(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Whether it is time again; then it counts as done.
    fn is_due(&self, now_ms: u64, every_ms: u64) -> bool {
        let last = self.0.load(Ordering::Relaxed);
        let is_due = last == 0 || now_ms >= last.saturating_add(every_ms);
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

/// What reading a whole file came to.
enum Read {
    Entry(Entry),
    /// It is past its time.
    Expired,
    /// It is larger than this cache may hold.
    Larger,
}

impl Store {
    /// Opens the folder, learns what is in it, and brings it under the quota.
    pub(crate) fn open(root: &Path, config: Config) -> io::Result<Store> {
        let folder = Folder::open(root)?;
        config.check_backing(&folder)?;
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
            evicted_since_look: AtomicU64::new(u64::MAX),
            evicted: Mutex::default(),
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
            Ok(Read::Entry(entry)) => Found::Entry(entry),
            // Another process has use for it.
            Ok(Read::Larger) => Found::Nothing,
            Ok(Read::Expired) => {
                self.counters.expired.one();
                self.remove(key.digest());
                Found::Nothing
            }
            Err(damage) => {
                self.counters.damaged(damage, key.digest());
                self.remove(key.digest());
                Found::Nothing
            }
        }
    }

    fn read(&self, key: &Key, file: &File, facts: &Facts) -> Result<Read, Damage> {
        let (header, is_larger) = match self.read_header(key.digest(), file, facts)? {
            Front::Fits(header) => (header, false),
            Front::Larger(header) => (header, true),
        };
        if header.source != key.source() || header.shape.form() != key.form() {
            return Err(Damage::KeyMismatch);
        }
        let now_ms = self.config.now_ms();
        if header.is_expired(now_ms) {
            return Ok(Read::Expired);
        }
        if is_larger {
            return Ok(Read::Larger);
        }
        let body = self.body(&header, file)?;
        let idle = i64::try_from(now_ms / 1000).unwrap_or(0).saturating_sub(facts.used_secs);
        if idle > TOUCH_SECS && self.folder.touch(key.digest()).is_err() {
            self.counters.io_errors.one();
        }
        let on_disk = self.know(key.digest(), facts.disk_bytes, &Arc::default());
        Ok(Read::Entry(Entry::new(header, body, on_disk, Storage::Stored)))
    }

    /// The header, checked against the name and the file.
    pub(crate) fn read_header(&self, digest: &Digest, file: &File, facts: &Facts) -> Result<Front, Damage> {
        if facts.len <= HEADER_BYTES as u64 {
            return Err(Damage::TooShort);
        }
        let mut page = [0; HEADER_BYTES];
        read_exact_at(file, &mut page, 0).map_err(damage_of)?;
        let header = Header::from_page(&page, self.seed)?;
        if header.digest != *digest {
            return Err(Damage::KeyMismatch);
        }
        let is_larger = facts.len > self.config.max_entry_bytes.saturating_add(FRAME_BYTES);
        if Header::file_bytes(&header.shape) != Some(facts.len) {
            return Err(if is_larger { Damage::Oversized } else { Damage::LengthMismatch });
        }
        let header = self.config.in_our_time(header);
        Ok(if is_larger { Front::Larger(header) } else { Front::Fits(header) })
    }

    /// Whether the payload is what the header says; read piece by piece, however large it is.
    pub(crate) fn check(&self, header: &Header, file: &File) -> Result<(), Damage> {
        let mut piece = vec![0; PIECE_BYTES];
        let mut hash = Xxh3::new();
        let (mut offset, mut left) = (HEADER_BYTES as u64, header.shape.payload_bytes());
        while left > 0 {
            let len = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE_BYTES);
            let Some(part) = piece.get_mut(..len) else { break };
            read_exact_at(file, part, offset).map_err(damage_of)?;
            hash.update(part);
            offset = offset.saturating_add(len as u64);
            left = left.saturating_sub(len as u64);
        }
        match hash.digest128() == header.payload_checksum {
            true => Ok(()),
            false => Err(Damage::PayloadChecksum),
        }
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
        let Backing::Mapped(exclusive) = &self.config.backing else { return None };
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
        self.try_remove(digest).unwrap_or(false)
    }

    /// The same, and whether that failed.
    pub(crate) fn try_remove(&self, digest: &Digest) -> io::Result<bool> {
        self.index().remove(digest);
        self.unlink(digest).map(|bytes| bytes.is_some())
    }

    /// Deletes a file and gives its room back; its bytes.
    fn unlink(&self, digest: &Digest) -> io::Result<Option<u64>> {
        // A count that is under way must see both the file and its bytes, or neither.
        let pass = self.gate.enter();
        let removed = self.folder.remove_entry(digest).inspect_err(|_| self.counters.io_errors.one())?;
        let Some(bytes) = removed else { return Ok(None) };
        match pass {
            Some(_pass) => {
                if self.ledger.give_back(bytes, 1).is_err() {
                    self.counters.io_errors.one();
                }
            }
            // A count that takes that long is no reason not to remove. It may have seen the file or not: the room is not
            // given back twice, the number stays too high until the next count.
            None => self.due.count.make_due(),
        }
        Ok(Some(bytes))
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

    /// What may have been removed since the count of removals was `since`, by any process, and how many there are now.
    pub(crate) fn removed_since(&self, since: u64) -> (u64, impl Fn(&Header) -> bool) {
        let counts = self.ledger.read();
        let now = counts.map_or(0, |counts| counts.removals);
        let counts = counts.unwrap_or_default();
        let is_meant = move |header: &Header| {
            counts.was_removed(since, [mark_of_digest(&header.digest), mark_of(&header.source)])
        };
        (now, is_meant)
    }

    fn note_evicted(&self, digest: &Digest) {
        let mut evicted = self.evicted.lock().unwrap_or_else(PoisonError::into_inner);
        // Beyond that the look for what others evicted finds them, in time.
        if self.config.is_mapped() && evicted.len() < self.config.max_resident {
            evicted.push(*digest);
        }
    }

    /// What this process evicted since it was last asked; only kept where entries are mapped.
    pub(crate) fn take_evicted(&self) -> Vec<Digest> {
        std::mem::take(&mut *self.evicted.lock().unwrap_or_else(PoisonError::into_inner))
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
            self.try_count()?;
        }
        if let Some(time) = self.config.time_to_live {
            let quarter = u64::try_from(time.as_millis() / 4).unwrap_or(u64::MAX);
            if self.due.sweep.is_due(now_ms, quarter.max(SWEEP_EVERY_MS)) {
                self.sweep(now_ms)?;
            }
        }
        if self.is_getting_full() {
            let low = self.config.quota_bytes.saturating_sub(self.config.quota_bytes / LOW_ONE_IN);
            self.make_counted_room(low);
        }
        let lacking = self.config.min_free_bytes.saturating_sub(self.folder.free_bytes()?);
        if let (1.., Some(counts)) = (lacking, self.ledger.read()) {
            self.make_counted_room(counts.used_bytes.saturating_sub(lacking));
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

fn damage_of(error: io::Error) -> Damage {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Damage::LengthMismatch,
        _ => Damage::ReadFailed,
    }
}
