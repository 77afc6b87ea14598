//! Single flight: of many who ask for one cold key at once, one makes it and the others wait for what comes.
//!
//! The first to join a key leads; who joins while it leads follows. However the leader ends, every follower is
//! woken: with the value, with the failure, or with the news that nothing came of it, upon which they join
//! again and one of them leads. A leader that panics counts as one from which nothing came. Who waits may be called
//! off; and whoever asks for what it is itself making is told so, for it would wait for its own end.
//!
//! The test `tests/single_flight_interleavings.rs` includes this very file and runs it under shuttle.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

use fic_core::Cancel;

use crate::sync::thread::{self, ThreadId};
use crate::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Who waits and may be called off looks this often whether it was: the switch wakes nobody.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// All flights of a cache.
#[derive(Debug)]
pub(crate) struct Flights<K, V, E> {
    waiting: Mutex<HashMap<K, Arc<Flight<V, E>>>>,
}

#[derive(Debug)]
struct Flight<V, E> {
    leader: ThreadId,
    state: Mutex<State<V, E>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<V, E> {
    outcome: Option<Outcome<V, E>>,
    /// Somebody removed the key meanwhile: what the leader makes must not be kept.
    revoked: bool,
}

/// How a leader ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome<V, E> {
    /// It died, or left without a word.
    Dangling,
    /// It has the value.
    Done(V),
    /// It failed, and so would anybody.
    Failed(E),
    /// It failed for a reason of its own: the next one may fare better.
    GaveUp(E),
}

/// What joining came to.
#[derive(Debug)]
pub(crate) enum Joined<'a, K: Copy + Eq + Hash, V: Clone, E: Clone> {
    /// The caller was called off while it waited.
    Cancelled,
    /// Somebody else led, and ended so.
    Followed(Outcome<V, E>),
    /// The caller leads: make it, and [`Lead::end`].
    Leads(Lead<'a, K, V, E>),
    /// The caller itself leads: it asks while it makes that very value.
    Own,
    /// Somebody else leads and takes too long.
    TimedOut,
}

/// The duty to make a key's value. Dropped without [`Lead::end`], it is handed over.
#[derive(Debug)]
pub(crate) struct Lead<'a, K: Copy + Eq + Hash, V: Clone, E: Clone> {
    flights: &'a Flights<K, V, E>,
    flight: Arc<Flight<V, E>>,
    key: K,
}

impl<K: Copy + Eq + Hash, V: Clone, E: Clone> Flights<K, V, E> {
    /// No flights.
    pub(crate) fn new() -> Flights<K, V, E> {
        Flights { waiting: Mutex::new(HashMap::new()) }
    }

    /// Leads the flight of `key`, or waits for whoever does, no longer than `at_most` or until `cancel` is thrown.
    pub(crate) fn join(&self, key: K, at_most: Duration, cancel: Option<&Cancel>) -> Joined<'_, K, V, E> {
        let flight = {
            let mut waiting = lock(&self.waiting);
            match waiting.get(&key) {
                Some(flight) => Arc::clone(flight),
                None => {
                    let state = Mutex::new(State { outcome: None, revoked: false });
                    let leader = thread::current().id();
                    let flight = Arc::new(Flight { leader, state, changed: Condvar::new() });
                    waiting.insert(key, Arc::clone(&flight));
                    return Joined::Leads(Lead { flights: self, flight, key });
                }
            }
        };
        if flight.leader == thread::current().id() {
            return Joined::Own;
        }
        flight.wait(at_most, cancel)
    }

    /// What is being made for keys that `is_meant` says is not to be kept. Those who wait for it get it; who comes
    /// from now on starts a new flight.
    pub(crate) fn revoke(&self, is_meant: impl Fn(&K) -> bool) {
        lock(&self.waiting).retain(|key, flight| {
            let is_meant = is_meant(key);
            if is_meant {
                lock(&flight.state).revoked = true;
            }
            !is_meant
        });
    }
}

impl<V: Clone, E: Clone> Flight<V, E> {
    fn wait<'a, K: Copy + Eq + Hash>(
        &self,
        at_most: Duration,
        cancel: Option<&Cancel>,
    ) -> Joined<'a, K, V, E> {
        let deadline = Instant::now().checked_add(at_most);
        let mut state = lock(&self.state);
        loop {
            if let Some(outcome) = &state.outcome {
                return Joined::Followed(outcome.clone());
            }
            if cancel.is_some_and(Cancel::is_cancelled) {
                return Joined::Cancelled;
            }
            let left =
                deadline.map_or(at_most, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Joined::TimedOut;
            }
            let pause = if cancel.is_some() { left.min(LOOK_EVERY) } else { left };
            state = self.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl<K: Copy + Eq + Hash, V: Clone, E: Clone> Lead<'_, K, V, E> {
    /// Whether the key was removed since this flight began.
    pub(crate) fn is_revoked(&self) -> bool {
        lock(&self.flight.state).revoked
    }

    /// Ends the flight: whoever waits is told, whoever comes now starts a new one.
    pub(crate) fn end(self, outcome: Outcome<V, E>) {
        self.tell(outcome);
    }

    fn tell(&self, outcome: Outcome<V, E>) {
        let mut waiting = lock(&self.flights.waiting);
        // Where this one was revoked, the key may have a flight of somebody else's by now.
        if waiting.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            waiting.remove(&self.key);
        }
        drop(waiting);
        let mut state = lock(&self.flight.state);
        // Dropping after `end` must not take the outcome back.
        state.outcome.get_or_insert(outcome);
        drop(state);
        self.flight.changed.notify_all();
    }
}

impl<K: Copy + Eq + Hash, V: Clone, E: Clone> Drop for Lead<'_, K, V, E> {
    fn drop(&mut self) {
        if lock(&self.flight.state).outcome.is_none() {
            self.tell(Outcome::Dangling);
        }
    }
}

/// A panic elsewhere leaves nothing half done under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
