//! Locks between processes: who is publishing or removing, who is the janitor. A killed process holds none of them.

use std::fs::{File, TryLockError};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::folder::Folder;

/// A count of some thousand files takes no longer than all these pauses.
const TRIES: u32 = 25;
const PAUSE: Duration = Duration::from_millis(2);

/// The shared lock that every process holds while any of its threads publishes or removes.
#[derive(Debug)]
pub(crate) struct Gate {
    file: File,
    inside: Mutex<u32>,
}

/// Leave to publish or to remove.
#[derive(Debug)]
pub(crate) struct Pass<'a>(&'a Gate);

impl Gate {
    pub(crate) fn open(folder: &Folder) -> io::Result<Gate> {
        Ok(Gate { file: folder.open_shared("lock/publish")?, inside: Mutex::new(0) })
    }

    /// Goes in, where it must be waiting a little while a scan counts; `None` where that takes too long.
    pub(crate) fn enter(&self) -> Option<Pass<'_>> {
        for _ in 0..TRIES {
            if let Some(pass) = self.try_enter() {
                return Some(pass);
            }
            thread::sleep(PAUSE);
        }
        self.try_enter()
    }

    fn try_enter(&self) -> Option<Pass<'_>> {
        let mut inside = self.inside();
        if *inside == 0 {
            // One descriptor has one lock, whatever thread asks: the first takes it, the last gives it back.
            self.file.try_lock_shared().ok()?;
        }
        *inside = inside.saturating_add(1);
        Some(Pass(self))
    }

    fn inside(&self) -> MutexGuard<'_, u32> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut inside = self.0.inside();
        *inside = inside.saturating_sub(1);
        if *inside == 0 {
            let _ = self.0.file.unlock();
        }
    }
}

/// Takes the lock in the file `name` for as long as the result lives; `None` where somebody has it.
pub(crate) fn try_exclusive(folder: &Folder, name: &str) -> io::Result<Option<File>> {
    let file = folder.open_shared(name)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(e),
    }
}
