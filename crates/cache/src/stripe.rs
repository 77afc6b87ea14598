//! Single flight across processes: before a key is made, the lock of its stripe is taken. The lock's file says
//! which key it is about, so that another key of the same stripe need not wait.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fic_core::Cancel;

use crate::folder::{Folder, SHARDS, read_exact_at, write_all_at};
use crate::gate::try_exclusive;

/// Waiting for another process starts with this and doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// What the file of a lock says until its holder has written its key.
const NOBODYS: [u8; 32] = [0; 32];
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Which stripes this process is on.
#[derive(Debug)]
pub(crate) struct Stripes(Box<[AtomicBool]>);

/// How it stands between processes.
#[derive(Debug)]
pub(crate) enum Turn<'a, T> {
    /// Make it. Other processes wait, if there is a lock to be had.
    Ours(#[allow(dead_code, reason = "held, not read")] Option<Stripe<'a>>),
    /// Another process made it while we waited.
    Theirs(T),
}

/// A stripe that is ours until this drops.
#[derive(Debug)]
pub(crate) struct Stripe<'a> {
    file: File,
    busy: &'a AtomicBool,
}

impl Stripes {
    pub(crate) fn new() -> Stripes {
        Stripes((0..SHARDS).map(|_| AtomicBool::new(false)).collect())
    }

    /// Waits for our turn to make `digest`, no longer than `at_most`; `look` is asked meanwhile whether it is there.
    /// What goes wrong with the locks means that it is our turn; so does that the caller was called off.
    pub(crate) fn wait<T>(
        &self,
        folder: &Folder,
        digest: &[u8; 32],
        at_most: Duration,
        cancel: Option<&Cancel>,
        mut look: impl FnMut() -> Option<T>,
    ) -> Turn<'_, T> {
        let [shard, ..] = digest;
        let Some(busy) = self.0.get(usize::from(*shard)) else { return Turn::Ours(None) };
        if busy.swap(true, Ordering::Acquire) {
            // A key of the same stripe is being made in this process: go without, at worst it is made twice.
            return Turn::Ours(None);
        }
        let name = format!("lock/{shard:02x}");
        let deadline = Instant::now().checked_add(at_most);
        let mut pause = FIRST_PAUSE;
        loop {
            match try_exclusive(folder, &name) {
                Ok(Some(file)) => {
                    let _ = write_all_at(&file, digest, 0);
                    return Turn::Ours(Some(Stripe { file, busy }));
                }
                Ok(None) if may_be_about(folder, &name, digest).unwrap_or(false) => {}
                Ok(None) | Err(_) => break,
            }
            let is_over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if is_over || cancel.is_some_and(Cancel::is_cancelled) {
                break;
            }
            thread::sleep(pause);
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            if let Some(there) = look() {
                busy.store(false, Ordering::Release);
                return Turn::Theirs(there);
            }
        }
        busy.store(false, Ordering::Release);
        Turn::Ours(None)
    }
}

impl Drop for Stripe<'_> {
    fn drop(&mut self) {
        let _ = write_all_at(&self.file, &NOBODYS, 0);
        self.busy.store(false, Ordering::Release);
    }
}

/// Whether the lock is held for `digest`, as far as is known.
fn may_be_about(folder: &Folder, name: &str, digest: &[u8; 32]) -> io::Result<bool> {
    let mut about = NOBODYS;
    match read_exact_at(&folder.open_shared(name)?, &mut about, 0) {
        // Nobody ever wrote there.
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {}
        read => read?,
    }
    Ok(about == *digest || about == NOBODYS)
}
