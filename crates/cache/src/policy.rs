//! S3-FIFO, weighted by bytes: which of many entries goes when room is needed.
//!
//! What comes in are names with their weights and a mark that hits leave; what leaves is the next victim.
//! A new entry waits in a small queue (a tenth of the bytes). Only what was asked for again while it waited
//! moves on to the main queue; a main entry with a mark goes round once more and loses one. Names that fell out
//! of the small queue are remembered as fingerprints for a while: coming back then leads straight to the main
//! queue. A scan of one-time names therefore never displaces what is in use.
//! (Yang, Zhang, Qiu, Yue, Vigfusson: FIFO queues are all you need for cache eviction, SOSP 2023.)
//!
//! This module knows nothing of the rest, so that the simulation in `examples/hit_ratio.rs` runs the very same
//! code.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, Hash};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// The part of all bytes that is the small queue: one in this many bytes.
const SMALL_ONE_IN: u64 = 10;
/// Marks that an entry of the small queue needs to move on.
const MARKS_TO_STAY: u8 = 1;
/// Marks are not counted beyond this.
const MOST_MARKS: u8 = 3;
/// The least number of fingerprints that are remembered.
const LEAST_GHOSTS: usize = 64;

/// The mark that hits leave: a count up to three. Relaxed on purpose: a lost mark costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Visits(AtomicU8);

impl Visits {
    /// Notes a hit.
    pub(crate) fn note(&self) {
        let marks = self.0.load(Ordering::Relaxed);
        if marks < MOST_MARKS {
            self.0.store(marks.saturating_add(1), Ordering::Relaxed);
        }
    }

    /// How many.
    pub(crate) fn count(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, marks: u8) {
        self.0.store(marks, Ordering::Relaxed);
    }
}

/// The queues of one cache.
#[derive(Debug)]
pub(crate) struct S3Fifo<K> {
    small: Queue<K>,
    main: Queue<K>,
    nodes: HashMap<K, Node>,
    ghosts: Ghosts,
    next_stamp: u64,
}

#[derive(Debug)]
struct Node {
    weight: u64,
    visits: Arc<Visits>,
    place: Place,
    /// Tells this stay in a queue from an earlier one of the same name.
    stamp: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Main,
    Small,
}

/// Names in the order of their arrival; those that left otherwise than by the front are skipped when met.
#[derive(Debug)]
struct Queue<K> {
    names: VecDeque<(K, u64)>,
    weight: u64,
    live: usize,
}

impl<K: Copy + Eq + Hash> S3Fifo<K> {
    /// Empty queues. How much may be in is up to who calls [`S3Fifo::evict`].
    pub(crate) fn new() -> S3Fifo<K> {
        S3Fifo {
            small: Queue::new(),
            main: Queue::new(),
            nodes: HashMap::new(),
            ghosts: Ghosts::default(),
            next_stamp: 0,
        }
    }

    /// The weight of everything that is in.
    pub(crate) fn weight(&self) -> u64 {
        self.small.weight.saturating_add(self.main.weight)
    }

    /// How many entries are in.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether `name` is in.
    pub(crate) fn contains(&self, name: &K) -> bool {
        self.nodes.contains_key(name)
    }

    /// The mark of `name`, where it is in.
    pub(crate) fn visits(&self, name: &K) -> Option<&Arc<Visits>> {
        self.nodes.get(name).map(|node| &node.visits)
    }

    /// Every name that is in, in no order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &K> {
        self.nodes.keys()
    }

    /// Takes in a new entry; of one that is in already, the weight.
    pub(crate) fn insert(&mut self, name: K, weight: u64, visits: Arc<Visits>) {
        let place = if self.ghosts.take(&name) { Place::Main } else { Place::Small };
        self.insert_at(place, name, weight, visits);
    }

    /// Takes in an entry that proved itself in an earlier run.
    pub(crate) fn insert_known(&mut self, name: K, weight: u64, visits: Arc<Visits>) {
        self.insert_at(Place::Main, name, weight, visits);
    }

    fn insert_at(&mut self, place: Place, name: K, weight: u64, visits: Arc<Visits>) {
        self.remove(&name);
        self.push(place, name, weight, visits);
    }

    fn push(&mut self, place: Place, name: K, weight: u64, visits: Arc<Visits>) {
        let stamp = self.next_stamp;
        self.next_stamp = stamp.wrapping_add(1);
        self.queue(place).push(name, stamp, weight);
        self.nodes.insert(name, Node { weight, visits, place, stamp });
    }

    /// Takes `name` out; its weight.
    pub(crate) fn remove(&mut self, name: &K) -> Option<u64> {
        let node = self.nodes.remove(name)?;
        self.queue(node.place).forget(node.weight);
        let (nodes, place) = (&self.nodes, node.place);
        let queue = if place == Place::Small { &mut self.small } else { &mut self.main };
        queue.compact(|name, stamp| nodes.get(name).is_some_and(|node| node.stamp == stamp));
        Some(node.weight)
    }

    /// Takes the next victim out: its name and weight. `None` where nothing is in.
    pub(crate) fn evict(&mut self) -> Option<(K, u64)> {
        loop {
            let from_small = self.small.live > 0
                && (self.main.live == 0 || self.small.weight > self.weight().wrapping_div(SMALL_ONE_IN));
            let place = if from_small { Place::Small } else { Place::Main };
            let (name, stamp) = self.queue(place).names.pop_front()?;
            if self.nodes.get(&name).is_none_or(|node| node.stamp != stamp) {
                continue;
            }
            let Some(node) = self.nodes.remove(&name) else { continue };
            self.queue(place).forget(node.weight);
            let marks = node.visits.count();
            match place {
                Place::Small if marks >= MARKS_TO_STAY => {
                    node.visits.set(0);
                    self.push(Place::Main, name, node.weight, node.visits);
                }
                Place::Main if marks > 0 => {
                    node.visits.set(marks.saturating_sub(1));
                    self.push(Place::Main, name, node.weight, node.visits);
                }
                Place::Small => {
                    self.ghosts.remember(&name, self.nodes.len().max(LEAST_GHOSTS));
                    return Some((name, node.weight));
                }
                Place::Main => return Some((name, node.weight)),
            }
        }
    }

    fn queue(&mut self, place: Place) -> &mut Queue<K> {
        match place {
            Place::Main => &mut self.main,
            Place::Small => &mut self.small,
        }
    }
}

impl<K> Queue<K> {
    fn new() -> Queue<K> {
        Queue { names: VecDeque::new(), weight: 0, live: 0 }
    }

    fn push(&mut self, name: K, stamp: u64, weight: u64) {
        self.names.push_back((name, stamp));
        self.weight = self.weight.saturating_add(weight);
        self.live = self.live.saturating_add(1);
    }

    fn forget(&mut self, weight: u64) {
        self.weight = self.weight.saturating_sub(weight);
        self.live = self.live.saturating_sub(1);
    }

    /// Drops names that left otherwise, once they are more than those that are in.
    fn compact(&mut self, is_in: impl Fn(&K, u64) -> bool) {
        if self.names.len() > self.live.saturating_mul(2).saturating_add(64) {
            self.names.retain(|(name, stamp)| is_in(name, *stamp));
        }
    }
}

/// Fingerprints of names, the oldest forgotten first.
#[derive(Debug, Default)]
pub(crate) struct Ghosts {
    order: VecDeque<u64>,
    prints: HashSet<u64>,
}

impl Ghosts {
    /// Remembers `name`, and no more than `at_most` names.
    pub(crate) fn remember<K: Hash>(&mut self, name: &K, at_most: usize) {
        let print = fingerprint(name);
        if self.prints.insert(print) {
            self.order.push_back(print);
        }
        while self.order.len() > at_most {
            match self.order.pop_front() {
                Some(oldest) => _ = self.prints.remove(&oldest),
                None => break,
            }
        }
    }

    /// Whether `name` is remembered; it is forgotten now. Its place in the order goes when its time comes.
    pub(crate) fn take<K: Hash>(&mut self, name: &K) -> bool {
        self.prints.remove(&fingerprint(name))
    }
}

fn fingerprint<K: Hash>(name: &K) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(names: std::ops::Range<u32>) -> S3Fifo<u32> {
        let mut queues = S3Fifo::new();
        names.for_each(|name| queues.insert(name, 1, Arc::default()));
        queues
    }

    #[test]
    fn what_was_asked_for_again_stays_and_one_time_names_go_first_in_first_out() {
        let mut queues = filled(0..10);
        queues.visits(&0).unwrap().note();
        queues.visits(&4).unwrap().note();
        let order: Vec<u32> = std::iter::from_fn(|| queues.evict()).map(|(name, _)| name).collect();
        assert_eq!(order, [1, 2, 3, 5, 6, 7, 8, 9, 0, 4]);
        assert_eq!((queues.weight(), queues.len()), (0, 0));
    }

    #[test]
    fn a_name_that_comes_back_soon_goes_to_the_main_queue() {
        let mut queues = filled(0..3);
        assert_eq!(queues.evict(), Some((0, 1)));
        queues.insert(0, 1, Arc::default());
        let order: Vec<u32> = std::iter::from_fn(|| queues.evict()).map(|(name, _)| name).collect();
        assert_eq!(order, [1, 2, 0]);
    }

    #[test]
    fn weights_add_up_whatever_is_inserted_twice_or_removed() {
        let mut queues = filled(0..1000);
        for name in 0..1000 {
            queues.insert(name, 3, Arc::default());
            if name % 2 == 0 {
                assert_eq!(queues.remove(&name), Some(3));
                assert_eq!(queues.remove(&name), None);
            }
        }
        assert_eq!((queues.weight(), queues.len()), (1500, 500));
        assert!(queues.small.names.len() <= 1064, "{} names for 500 entries", queues.small.names.len());
        let gone: u64 = std::iter::from_fn(|| queues.evict()).map(|(_, weight)| weight).sum();
        assert_eq!((gone, queues.weight(), queues.len()), (1500, 0, 0));
    }

    #[test]
    fn ghosts_are_bounded() {
        let mut queues = filled(0..0);
        for name in 0..10_000 {
            queues.insert(name, 1, Arc::default());
            if queues.weight() > 10 {
                queues.evict();
            }
        }
        assert!(queues.ghosts.order.len() <= LEAST_GHOSTS && queues.ghosts.prints.len() <= LEAST_GHOSTS);
    }
}
