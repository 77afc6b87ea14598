//! Inputs that ended a worker, remembered by digest for a while: a bounded table.
//!
//! Bytes are digested only where an input of that very length is remembered, so that good ones cost a look at a few
//! numbers.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

#[derive(Debug)]
pub(crate) struct Poison {
    capacity: usize,
    keep_for: Duration,
    /// Oldest first.
    remembered: Mutex<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    len: u64,
    digest: [u8; 32],
    until: Instant,
}

impl Poison {
    pub(crate) fn new(capacity: usize, keep_for: Duration) -> Poison {
        Poison { capacity, keep_for, remembered: Mutex::default() }
    }

    /// Whether an input of `len` bytes, whose digest is asked for only if need be, is remembered.
    pub(crate) fn has(&self, len: u64, digest: impl FnOnce() -> Option<[u8; 32]>) -> bool {
        let now = Instant::now();
        let may_be = {
            let mut entries = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            entries.retain(|entry| entry.until > now);
            entries.iter().any(|entry| entry.len == len)
        };
        if !may_be {
            return false;
        }
        let Some(digest) = digest() else { return false };
        let entries = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().any(|entry| entry.len == len && entry.digest == digest)
    }

    pub(crate) fn remember(&self, len: u64, digest: [u8; 32]) {
        let Some(until) = Instant::now().checked_add(self.keep_for) else { return };
        if self.capacity == 0 || self.keep_for.is_zero() {
            return;
        }
        let mut entries = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.digest != digest);
        if entries.len() >= self.capacity {
            entries.remove(0);
        }
        entries.push(Entry { len, digest, until });
    }

    pub(crate) fn len(&self) -> usize {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_poison_is_bounded_and_forgets() {
        let poison = Poison::new(2, Duration::from_secs(60));
        for n in 0..3_u8 {
            poison.remember(1, digest(&[n]));
        }
        assert_eq!(poison.len(), 2);
        assert!(!poison.has(1, || Some(digest(&[0]))), "the oldest made room");
        assert!(poison.has(1, || Some(digest(&[2]))));
        assert!(!poison.has(2, || panic!("no input of that length is remembered")));
        let short = Poison::new(2, Duration::from_nanos(1));
        short.remember(1, digest(&[0]));
        assert!(!short.has(1, || Some(digest(&[0]))));
        let none = Poison::new(0, Duration::from_secs(60));
        none.remember(1, digest(&[0]));
        assert_eq!(none.len(), 0);
    }
}
