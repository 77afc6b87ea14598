//! What is done when nobody waits: a thread that evicts before the quota is reached, deletes what expired, writes
//! what was asked for again, and lets go of what other processes removed.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use crate::cache::Inner;

/// The thread looks this often, and when the bell rings.
const EVERY: Duration = Duration::from_secs(1);
/// Mapped entries whose files are looked for at once.
const LOOKED_AT_ONCE: usize = 64;

/// Wakes the janitor.
#[derive(Debug)]
pub(crate) struct Bell(Arc<(Mutex<Rung>, Condvar)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rung {
    No,
    Yes,
    /// The cache is closed.
    Over,
}

impl Bell {
    pub(crate) fn new() -> Bell {
        Bell(Arc::new((Mutex::new(Rung::No), Condvar::new())))
    }

    /// There is something to do.
    pub(crate) fn ring(&self) {
        self.set(Rung::Yes);
    }

    fn set(&self, to: Rung) {
        let (rung, changed) = &*self.0;
        *rung.lock().unwrap_or_else(PoisonError::into_inner) = to;
        changed.notify_all();
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.set(Rung::Over);
    }
}

/// Starts the thread of a cache; it ends when the cache is closed.
pub(crate) fn start(inner: &Arc<Inner>) -> io::Result<()> {
    let (cache, bell) = (Arc::downgrade(inner), Arc::clone(&inner.bell.0));
    thread::Builder::new().name("fic-cache".to_owned()).spawn(move || run(&cache, &bell))?;
    Ok(())
}

fn run(cache: &Weak<Inner>, bell: &(Mutex<Rung>, Condvar)) {
    loop {
        let (rung, changed) = bell;
        let rung = rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(rung, EVERY, |rung| *rung == Rung::No);
        let (mut rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *rung == Rung::Over {
            return;
        }
        *rung = Rung::No;
        drop(rung);
        match cache.upgrade() {
            // What goes wrong once must not end eviction for good.
            Some(inner) if catch_unwind(AssertUnwindSafe(|| inner.tend())).is_err() => {
                inner.store.counters.tending_panics.one();
            }
            Some(_) => {}
            None => return,
        }
    }
}

impl Inner {
    /// Everything that is due.
    pub(crate) fn tend(&self) {
        self.write_pending();
        if self.store.tend().is_err() {
            self.store.counters.io_errors.one();
        }
        if self.store.is_touch_due() {
            self.touch();
        }
        self.compare_with_disk();
        self.look_for_evicted();
    }

    /// Tells later processes which entries are in use: those that are in memory were not read from disk for long.
    fn touch(&self) {
        for entry in self.resident.all().iter().filter(|entry| entry.is_stored() && entry.was_hit()) {
            if self.store.folder.touch(entry.digest()).is_err() {
                self.store.counters.io_errors.one();
            }
        }
    }

    /// Lets go of entries whose files were removed, here or by another process, made anew since or not; and, where they
    /// are mapped, of those whose files were evicted, so that their bytes on disk become free.
    ///
    /// Only those that the notes are about are looked at on disk, unless there were too many notes since.
    pub(crate) fn compare_with_disk(&self) {
        for digest in self.store.take_evicted() {
            self.resident.remove(&digest);
        }
        let since = self.compared.load(Ordering::Relaxed);
        let (now, was_removed) = self.store.removed_since(since);
        if now == since
            || self.compared.compare_exchange(since, now, Ordering::Relaxed, Ordering::Relaxed).is_err()
        {
            return;
        }
        self.resident.remove_where(|entry| {
            entry.is_stored() && was_removed(entry.header()) && !self.store.may_hold(entry.header())
        });
    }

    /// Where entries are mapped: lets go of those whose files other processes evicted, a few at each call, so that all
    /// are looked at in the course of some minutes. Nobody tells of an eviction.
    fn look_for_evicted(&self) {
        if !self.store.config.is_mapped() {
            return;
        }
        let mut looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        if looking.is_empty() {
            looking.extend(self.resident.all().iter().filter(|entry| entry.is_mapped()).map(|e| *e.digest()));
        }
        let from = looking.len().saturating_sub(LOOKED_AT_ONCE);
        for digest in looking.drain(from..) {
            if matches!(self.store.folder.entry_facts(&digest), Ok(None)) {
                self.resident.remove(&digest);
            }
        }
    }
}
