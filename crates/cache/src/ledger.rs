//! What all processes of a cache count together: bytes, entries, purges. One small file, changed under its lock.
//!
//! The numbers are advisory in the safe direction: room is taken before a file is written and given back after
//! one is gone, so that a process that dies in between leaves the count too high, never too low. A scan sets it
//! right.

use std::fs::{File, TryLockError};
use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use crate::SourceId;
use crate::folder::{Folder, read_exact_at, write_all_at};

const MAGIC: [u8; 8] = *b"FICusage";
const FILE_BYTES: usize = 16 + NUMBERS * 8;
const NUMBERS: usize = 4 + RECENT + RECENT_REMOVALS;
/// Tries to get the lock; whoever holds it needs microseconds.
const TRIES: u32 = 200;

/// The shared counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Bytes on disk, and taken for entries that are being written.
    pub(crate) used_bytes: u64,
    /// Entries likewise.
    pub(crate) entries: u64,
    /// How often anything was removed on purpose.
    pub(crate) removals: u64,
    /// How often a key, everything of one source, or everything was.
    pub(crate) purges: u64,
    /// What the last purges were about: the start of a key's digest, of a source, or [`EVERYTHING`].
    recent: [u64; RECENT],
    /// What the last removals were about, likewise.
    recent_removals: [u64; RECENT_REMOVALS],
}

/// Stands for all keys and sources in the list of purges.
pub(crate) const EVERYTHING: u64 = 0;
/// How many purges are remembered by what they were about.
const RECENT: usize = 8;
/// How many removals are: a purge is two of them, and other processes look once a second.
const RECENT_REMOVALS: usize = 56;

impl Default for Counts {
    fn default() -> Counts {
        Counts {
            used_bytes: 0,
            entries: 0,
            removals: 0,
            purges: 0,
            recent: [EVERYTHING; RECENT],
            recent_removals: [EVERYTHING; RECENT_REMOVALS],
        }
    }
}

impl Counts {
    /// Notes that an entry is being removed, or all of a source, or all of all sources.
    pub(crate) fn note_purge(&mut self, about: u64) {
        note(&mut self.recent, self.purges, about);
        self.purges = self.purges.wrapping_add(1);
        self.note_removal(about);
    }

    /// Notes that files were removed on purpose.
    pub(crate) fn note_removal(&mut self, about: u64) {
        note(&mut self.recent_removals, self.removals, about);
        self.removals = self.removals.wrapping_add(1);
    }

    /// Whether one of `marks` was purged since the count of purges was `since`. Where that is too many purges ago to
    /// know, yes.
    pub(crate) fn was_purged(&self, since: u64, marks: [u64; 2]) -> bool {
        is_noted(&self.recent, since, self.purges, marks)
    }

    /// The same for removals.
    pub(crate) fn was_removed(&self, since: u64, marks: [u64; 2]) -> bool {
        is_noted(&self.recent_removals, since, self.removals, marks)
    }
}

fn note(recent: &mut [u64], count: u64, about: u64) {
    if let Some(place) = slot(recent, count).and_then(|slot| recent.get_mut(slot)) {
        *place = about;
    }
}

fn is_noted(recent: &[u64], since: u64, count: u64, marks: [u64; 2]) -> bool {
    let is_meant = |mark: &u64| *mark == EVERYTHING || marks.contains(mark);
    let is_about = |n: u64| slot(recent, n).and_then(|slot| recent.get(slot)).is_none_or(is_meant);
    let passed = count.wrapping_sub(since);
    passed > recent.len() as u64 || (0..passed).any(|n| is_about(since.wrapping_add(n)))
}

/// Where the note of that number is.
fn slot(recent: &[u64], number: u64) -> Option<usize> {
    usize::try_from(number.checked_rem(recent.len() as u64)?).ok()
}

/// What stands for a source in the list of purges.
pub(crate) fn mark_of(source: &SourceId) -> u64 {
    source.as_bytes().first_chunk().map_or(EVERYTHING, |start| u64::from_le_bytes(*start))
}

/// What stands for one key.
pub(crate) fn mark_of_digest(digest: &[u8; 32]) -> u64 {
    digest.first_chunk().map_or(EVERYTHING, |start| u64::from_le_bytes(*start))
}

/// The file that holds them.
#[derive(Debug)]
pub(crate) struct Ledger {
    file: Mutex<File>,
}

impl Ledger {
    /// Opens the file, which may be new or damaged: [`Ledger::read`] tells.
    pub(crate) fn open(folder: &Folder) -> io::Result<Ledger> {
        Ok(Ledger { file: Mutex::new(folder.open_shared("usage")?) })
    }

    /// The counts; `None` where they are not known.
    pub(crate) fn read(&self) -> Option<Counts> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // Without the lock a read may meet a write half done; the checksum tells.
        (0..3).find_map(|_| read(&file))
    }

    /// Changes the counts, or leaves them as they are where `change` fails.
    pub(crate) fn update<T, E>(
        &self,
        change: impl FnOnce(&mut Counts) -> Result<T, E>,
    ) -> io::Result<Result<T, E>> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let _locked = Locked::new(&file)?;
        let mut counts = read(&file).ok_or(io::ErrorKind::InvalidData)?;
        let before = counts;
        let result = change(&mut counts);
        if result.is_ok() && counts != before {
            write(&file, &counts)?;
        }
        Ok(result)
    }

    /// Sets what a scan counted; the numbers of purges stay as they were.
    pub(crate) fn correct(&self, used_bytes: u64, entries: u64) -> io::Result<()> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let _locked = Locked::new(&file)?;
        let counts = read(&file).unwrap_or_default();
        write(&file, &Counts { used_bytes, entries, ..counts })
    }

    /// Gives back what `entries` entries took.
    pub(crate) fn give_back(&self, bytes: u64, entries: u64) -> io::Result<()> {
        self.change(|counts| {
            counts.used_bytes = counts.used_bytes.saturating_sub(bytes);
            counts.entries = counts.entries.saturating_sub(entries);
        })
    }

    /// Changes the counts.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Counts)) -> io::Result<()> {
        self.update(|counts| {
            change(counts);
            Ok::<(), io::Error>(())
        })?
    }
}

/// The lock of an open file, taken with patience but without end never.
pub(crate) struct Locked<'a>(&'a File);

impl<'a> Locked<'a> {
    pub(crate) fn new(file: &'a File) -> io::Result<Locked<'a>> {
        for attempt in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Locked(file)),
                Err(TryLockError::WouldBlock) if attempt < 20 => thread::yield_now(),
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_micros(500)),
                Err(TryLockError::Error(e)) => return Err(e),
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // Closing the file, at the latest, unlocks it.
        let _ = self.0.unlock();
    }
}

fn read(file: &File) -> Option<Counts> {
    let mut bytes = [0; FILE_BYTES];
    read_exact_at(file, &mut bytes, 0).ok()?;
    let (fields, checksum) = bytes.split_last_chunk::<8>()?;
    let (magic, numbers) = fields.split_first_chunk::<8>()?;
    if *magic != MAGIC || xxh3_64(fields).to_le_bytes() != *checksum {
        return None;
    }
    let mut numbers = numbers.as_chunks::<8>().0.iter().map(|number| u64::from_le_bytes(*number));
    let (used_bytes, entries) = (numbers.next()?, numbers.next()?);
    let (removals, purges) = (numbers.next()?, numbers.next()?);
    let mut counts = Counts { used_bytes, entries, removals, purges, ..Counts::default() };
    let marks = counts.recent.iter_mut().chain(&mut counts.recent_removals);
    marks.zip(numbers).for_each(|(place, mark)| *place = mark);
    Some(counts)
}

fn write(file: &File, counts: &Counts) -> io::Result<()> {
    let numbers = [counts.used_bytes, counts.entries, counts.removals, counts.purges];
    let mut bytes = Vec::with_capacity(FILE_BYTES);
    bytes.extend_from_slice(&MAGIC);
    let numbers = numbers.iter().chain(&counts.recent).chain(&counts.recent_removals);
    numbers.for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
    let checksum = xxh3_64(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    write_all_at(file, &bytes, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_survive_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let folder = Folder::open(folder.path()).unwrap();
        let ledger = Ledger::open(&folder).unwrap();
        assert_eq!(ledger.read(), None);
        ledger.correct(100, 3).unwrap();
        ledger.change(|counts| counts.removals += 1).unwrap();
        ledger.give_back(30, 1).unwrap();
        let expected = Counts { used_bytes: 70, entries: 2, removals: 1, ..Counts::default() };
        assert_eq!(Ledger::open(&folder).unwrap().read(), Some(expected));
        let refused: Result<(), ()> = ledger
            .update(|counts| {
                counts.used_bytes = 0;
                Err(())
            })
            .unwrap();
        assert_eq!(refused, Err(()));
        assert_eq!(ledger.read(), Some(expected));
        for bit in 0..FILE_BYTES * 8 {
            let file = folder.open_shared("usage").unwrap();
            let mut bytes = [0; FILE_BYTES];
            read_exact_at(&file, &mut bytes, 0).unwrap();
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            write_all_at(&file, &flipped, 0).unwrap();
            assert_eq!(ledger.read(), None, "bit {bit}");
            write_all_at(&file, &bytes, 0).unwrap();
        }
    }

    #[test]
    fn a_purge_is_about_its_source_or_key_and_too_many_are_about_all() {
        let (ours, other) = (SourceId::named("a", "1"), SourceId::named("a", "2"));
        let key = mark_of_digest(&[9; 32]);
        let mut counts = Counts::default();
        counts.note_purge(mark_of(&other));
        assert!(
            !counts.was_purged(0, [key, mark_of(&ours)])
                && counts.was_purged(0, [key, mark_of(&other)])
                && !counts.was_purged(1, [key, mark_of(&other)])
        );
        counts.note_purge(EVERYTHING);
        assert!(counts.was_purged(1, [key, mark_of(&ours)]) && !counts.was_purged(2, [key, mark_of(&ours)]));
        (0..8).for_each(|_| counts.note_purge(mark_of(&other)));
        assert!(!counts.was_purged(2, [key, mark_of(&ours)]));
        counts.note_purge(mark_of(&other));
        assert!(counts.was_purged(2, [key, mark_of(&ours)]), "nine purges ago nobody knows");
        counts.note_purge(key);
        let since = counts.purges - 1;
        assert!(counts.was_purged(since, [key, mark_of(&ours)]));
        assert!(!counts.was_purged(since, [mark_of_digest(&[8; 32]), mark_of(&ours)]));
    }

    #[test]
    fn removals_are_remembered_by_what_they_were_about_for_longer_than_purges() {
        let (ours, other) = (mark_of(&SourceId::named("a", "1")), mark_of_digest(&[9; 32]));
        let mut counts = Counts::default();
        counts.note_purge(ours);
        (0..54).for_each(|_| counts.note_removal(other));
        assert_eq!((counts.removals, counts.purges), (55, 1));
        assert!(counts.was_removed(0, [ours, ours]) && !counts.was_removed(1, [ours, ours]));
        assert!(counts.was_removed(54, [other, ours]) && !counts.was_removed(55, [other, ours]));
        counts.note_removal(other);
        assert!(!counts.was_removed(1, [ours, ours]));
        counts.note_removal(other);
        assert!(counts.was_removed(0, [1, 1]), "57 removals ago nobody knows");
        counts.note_removal(EVERYTHING);
        assert!(counts.was_removed(57, [1, 1]));
    }
}
