//! What is done when nobody waits: a thread that evicts before the quota is reached, deletes what expired, writes
//! what was asked for again, and lets go of what other processes removed.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use crate::Backing;
use crate::cache::Inner;

/// The thread looks this often, and when the bell rings.
const EVERY: Duration = Duration::from_secs(1);

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
            Some(inner) => inner.tend(),
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
    }

    /// Tells later processes which entries are in use: those that are in memory were not read from disk for long.
    fn touch(&self) {
        for entry in self.resident.all().iter().filter(|entry| entry.is_stored() && entry.was_hit()) {
            if self.store.folder.touch(entry.digest()).is_err() {
                self.store.counters.io_errors.one();
            }
        }
    }

    /// Lets go of entries whose files were removed, here or by another process, made anew since or not; and, where they are mapped, of those
    /// whose files were evicted, so that their bytes on disk become free.
    pub(crate) fn compare_with_disk(&self) {
        let evicted = match self.store.config.backing {
            Backing::Private => 0,
            #[cfg(all(feature = "mmap", target_os = "linux"))]
            Backing::Mapped(_) => self.store.counters.evicted.value(),
        };
        let now = self.store.removals().wrapping_add(evicted);
        if self.compared.swap(now, Ordering::Relaxed) == now {
            return;
        }
        self.resident.remove_where(|entry| entry.is_stored() && !self.store.may_hold(entry.header()));
    }
}
