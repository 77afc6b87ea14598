//! What is spent while the work runs: bytes held, the deadline, a caller's wish to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use crate::scratch::{Element, Reused, Scratch};
use crate::{Error, Kind, Limit, Limits, Stage};

/// The running account of one picture. Clones share the account.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    max_heap: u64,
    held: AtomicU64,
    peak: AtomicU64,
    deadline: Option<Instant>,
    cancel: Cancel,
    scratch: Option<Scratch>,
}

/// A switch that another thread may throw to stop the work at the next band.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A switch that is not thrown.
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// Throws the switch; the work ends with `Cancelled` at its next check.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the switch is thrown.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A receipt for bytes that the budget granted; they are given back when it drops.
#[derive(Debug)]
#[must_use = "the bytes are given back when the receipt drops"]
pub struct Hold {
    account: Arc<Account>,
    bytes: u64,
}

impl Budget {
    /// A budget with the heap and the wall time of `limits`; the clock starts now.
    pub fn new(limits: &Limits) -> Budget {
        Budget::with_cancel(limits, Cancel::new())
    }

    /// The same, stopped by `cancel` too.
    pub fn with_cancel(limits: &Limits, cancel: Cancel) -> Budget {
        Budget::with_parts(limits, cancel, None)
    }

    /// The same, with large buffers from `scratch` and back to it.
    pub fn with_scratch(limits: &Limits, cancel: Cancel, scratch: Scratch) -> Budget {
        Budget::with_parts(limits, cancel, Some(scratch))
    }

    fn with_parts(limits: &Limits, cancel: Cancel, scratch: Option<Scratch>) -> Budget {
        Budget(Arc::new(Account {
            max_heap: limits.max_heap_bytes,
            held: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            deadline: Instant::now().checked_add(limits.max_wall),
            cancel,
            scratch,
        }))
    }

    /// `len` zeros, for which the caller holds a receipt; from the scratch, where there is one.
    pub fn zeros<T: Element>(&self, len: usize) -> Reused<T> {
        Reused::new(len, self.0.scratch.as_ref())
    }

    pub(crate) fn scratch(&self) -> Option<&Scratch> {
        self.0.scratch.as_ref()
    }

    /// Asks for `bytes` of heap, before they are allocated.
    ///
    /// # Errors
    /// `Limit` naming `max_heap_bytes` when the sum of what is held would pass it.
    pub fn hold(&self, bytes: u64) -> Result<Hold, Error> {
        let account = &self.0;
        let mut held = account.held.load(Ordering::Relaxed);
        loop {
            let wanted = held.saturating_add(bytes);
            if wanted > account.max_heap {
                return Err(Error::limit(Stage::Decode, Limit::MaxHeapBytes, account.max_heap, wanted));
            }
            match account.held.compare_exchange_weak(held, wanted, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    account.peak.fetch_max(wanted, Ordering::Relaxed);
                    return Ok(Hold { account: Arc::clone(account), bytes });
                }
                Err(now) => held = now,
            }
        }
    }

    /// Looks at the clock and at the switch; call it between bands, and after a decoder came back.
    ///
    /// # Errors
    /// `Deadline` or `Cancelled`.
    pub fn check(&self, stage: Stage) -> Result<(), Error> {
        if self.0.cancel.is_cancelled() {
            return Err(Error::new(Kind::Cancelled, stage, "cancelled by the caller"));
        }
        match self.0.deadline {
            Some(deadline) if Instant::now() > deadline => {
                Err(Error::new(Kind::Deadline, stage, "the wall time of max_wall_ms ran out"))
            }
            _ => Ok(()),
        }
    }

    /// Bytes held now.
    pub fn held_bytes(&self) -> u64 {
        self.0.held.load(Ordering::Relaxed)
    }

    /// The most bytes that were held at once.
    pub fn peak_bytes(&self) -> u64 {
        self.0.peak.load(Ordering::Relaxed)
    }
}

impl Hold {
    pub(crate) fn scratch(&self) -> Option<&Scratch> {
        self.account.scratch.as_ref()
    }

    /// The bytes that this receipt stands for.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.account.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn gives_back_what_a_dropped_receipt_held_and_keeps_the_peak() {
        let budget = Budget::new(&Limits::untrusted().with_max_heap_bytes(100));
        let first = budget.hold(60).unwrap();
        let err = budget.hold(41).unwrap_err();
        assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxHeapBytes, allowed: 100, found: 101 }));
        drop(first);
        let _second = budget.hold(41).unwrap();
        assert_eq!((budget.held_bytes(), budget.peak_bytes()), (41, 60));
    }

    #[test]
    fn stops_at_the_deadline_and_on_the_switch() {
        let cancel = Cancel::new();
        let budget = Budget::with_cancel(&Limits::untrusted(), cancel.clone());
        budget.check(Stage::Decode).unwrap();
        cancel.cancel();
        assert_eq!(budget.check(Stage::Decode).unwrap_err().kind(), Kind::Cancelled);
        let budget = Budget::new(&Limits::untrusted().with_max_wall(Duration::ZERO));
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(budget.check(Stage::Decode).unwrap_err().kind(), Kind::Deadline);
    }
}
