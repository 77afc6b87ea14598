//! Sources that could not be made, remembered for a short while, so that a bad file costs one decode and not one
//! for each request.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use fic_core::{Error, Kind};

/// How many are remembered.
const AT_MOST: usize = 4096;

type Digest = [u8; 32];

/// The memory.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    errors: HashMap<Digest, (Arc<Error>, u64)>,
    order: VecDeque<Digest>,
}

impl Failures {
    /// What the last try for that key came to, if that is not too long ago.
    pub(crate) fn recall(&self, digest: &Digest, now_ms: u64) -> Option<Arc<Error>> {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.errors.get(digest).filter(|(_, until)| now_ms < *until).map(|(error, _)| Arc::clone(error))
    }

    /// Remembers `error` until then.
    pub(crate) fn remember(&self, digest: &Digest, error: &Arc<Error>, until_ms: u64) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.errors.insert(*digest, (Arc::clone(error), until_ms)).is_none() {
            memory.order.push_back(*digest);
        }
        while memory.order.len() > AT_MOST {
            match memory.order.pop_front() {
                Some(oldest) => _ = memory.errors.remove(&oldest),
                None => break,
            }
        }
    }

    /// Forgets them all: the sources may be other ones now.
    pub(crate) fn forget_all(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Memory::default();
    }
}

/// Whether anybody who tries the same fails the same way: a matter of the source, not of this try.
pub(crate) fn is_lasting(error: &Error) -> bool {
    match error.kind() {
        Kind::Malformed | Kind::Refused | Kind::Unsupported | Kind::Upstream | Kind::Limit { .. } => true,
        Kind::Cancelled | Kind::Deadline | Kind::Io | Kind::Misuse => false,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use fic_core::Stage;

    use super::*;

    #[test]
    fn is_bounded_and_forgets_in_time() {
        let failures = Failures::default();
        let error = Arc::new(Error::new(Kind::Malformed, Stage::Outline, "no picture"));
        for n in 0..5000_u32 {
            let mut digest = [0; 32];
            digest[..4].copy_from_slice(&n.to_le_bytes());
            failures.remember(&digest, &error, 100);
        }
        let kept = failures.0.lock().unwrap().errors.len();
        assert_eq!(kept, AT_MOST);
        let mut last = [0; 32];
        last[..4].copy_from_slice(&4999_u32.to_le_bytes());
        assert!(failures.recall(&last, 99).is_some() && failures.recall(&last, 100).is_none());
    }
}
