//! Who comes back: a score for each source whose uploads are refused, that decays by half in a while. The caller
//! decides what to do about it, by asking or by a hook.
//!
//! The table is bounded. Where it is full, a newcomer takes the place of the lowest score, and never of one above its
//! own: whoever wants a heavy offender forgotten must offend as heavily under as many labels as there are places. While
//! all places are taken by higher scores, a newcomer's small offences are not added up: make the table larger than the
//! number of sources that can be expected to attack within a few half lives.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fic_core::{Incident, Kind};
use sha2::{Digest, Sha256};

use crate::Label;

/// How much an offence weighs, by its kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// The deadline passed.
    pub deadline: f64,
    /// A worker or a decoder failed over it.
    pub incident: f64,
    /// Over a limit.
    pub limit: f64,
    /// Damaged.
    pub malformed: f64,
    /// Active content, a polyglot, a wrong label.
    pub refused: f64,
    /// A kind of file that is not decoded.
    pub unsupported: f64,
}

impl Default for Weights {
    /// Damaged files come from honest people too; bombs do not.
    fn default() -> Weights {
        Weights { deadline: 5.0, incident: 20.0, limit: 5.0, malformed: 1.0, refused: 5.0, unsupported: 0.25 }
    }
}

impl Weights {
    fn of(&self, kind: Kind) -> f64 {
        match kind {
            Kind::Deadline => self.deadline,
            Kind::Limit { .. } => self.limit,
            Kind::Malformed => self.malformed,
            Kind::Refused => self.refused,
            Kind::Unsupported => self.unsupported,
            // No worker to be had is nobody's doing who only sent an upload.
            Kind::Isolation { incident: Incident::Killed | Incident::Unavailable | Incident::Unconfined } => {
                0.0
            }
            _ if kind.event_id().starts_with("incident.") => self.incident,
            // The caller's own doing.
            _ => 0.0,
        }
    }
}

/// The settings of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rules {
    /// The most sources that are remembered; each takes about 400 bytes.
    pub places: usize,
    /// After that time a score is half of what it was.
    pub half_life: Duration,
    /// How much an offence weighs.
    pub weights: Weights,
}

impl Default for Rules {
    /// 4,096 places, ten minutes.
    fn default() -> Rules {
        Rules { places: 4096, half_life: Duration::from_secs(600), weights: Weights::default() }
    }
}

impl Rules {
    /// These rules with that many places, at least one.
    #[must_use]
    pub fn with_places(mut self, places: usize) -> Rules {
        self.places = places.max(1);
        self
    }

    /// These rules with another half life, at least a millisecond.
    #[must_use]
    pub fn with_half_life(mut self, half_life: Duration) -> Rules {
        self.half_life = half_life.max(Duration::from_millis(1));
        self
    }

    /// These rules with other weights.
    #[must_use]
    pub fn with_weights(mut self, weights: Weights) -> Rules {
        self.weights = weights;
        self
    }
}

/// One source, as it stands now.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Offender {
    /// Its label, escaped and bounded as in a log.
    pub source: String,
    /// Its score.
    pub score: f64,
    /// Its offences since it came into the table.
    pub offences: u64,
    /// The id of the last one's event.
    pub last: &'static str,
}

type Clock = dyn Fn() -> Duration + Send + Sync;
type Hook = dyn Fn(&Offender) + Send + Sync;

/// The table. `Send + Sync`; clones are the same table.
///
/// ```
/// use fic_core::Kind;
/// use fic_trail::offenders::{Offenders, Rules};
///
/// let offenders = Offenders::new(Rules::default())
///     .with_hook(8.0, |offender| println!("{} is at {}", offender.source, offender.score));
/// offenders.note("tenant-42", Kind::Refused);
/// assert!(offenders.score("tenant-42") > 4.9);
/// assert_eq!(offenders.score("tenant-43"), 0.0);
/// assert_eq!(offenders.worst(10).len(), 1);
/// ```
#[derive(Clone)]
pub struct Offenders(Arc<Inner>);

struct Inner {
    rules: Rules,
    clock: Box<Clock>,
    hook: Option<(f64, Box<Hook>)>,
    table: Mutex<Table>,
}

impl Offenders {
    /// An empty table.
    pub fn new(rules: Rules) -> Offenders {
        let begun = Instant::now();
        Offenders::with_clock(rules, move || begun.elapsed())
    }

    /// An empty table that goes by `clock`: the time since some fixed moment.
    pub fn with_clock(rules: Rules, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Offenders {
        let table = Mutex::default();
        Offenders(Arc::new(Inner { rules, clock: Box::new(clock), hook: None, table }))
    }

    /// The same, empty, with `hook` called whenever an offence takes a score from below `at_score` to it or above; where
    /// the table has no place for its source, that is each such offence.
    ///
    /// It is called by the thread whose call failed, which others may be waiting for that want the same picture from a cache:
    /// hand on what takes time.
    #[must_use]
    pub fn with_hook(self, at_score: f64, hook: impl Fn(&Offender) + Send + Sync + 'static) -> Offenders {
        let rules = self.0.rules;
        let clock: Box<Clock> = match Arc::try_unwrap(self.0) {
            Ok(inner) => inner.clock,
            Err(shared) => Box::new(move || (shared.clock)()),
        };
        let hook: Option<(f64, Box<Hook>)> = Some((at_score, Box::new(hook)));
        Offenders(Arc::new(Inner { rules, clock, hook, table: Mutex::default() }))
    }

    /// Notes that an upload of `source` came to `kind`; the score that comes of it.
    pub fn note(&self, source: &str, kind: Kind) -> f64 {
        let weight = self.0.rules.weights.of(kind);
        let (name, now) = (name(source), self.now());
        // Not so for what is no number.
        if weight.is_nan() || weight <= 0.0 {
            return self.table().score(&name, now);
        }
        let label = Label(source).to_string();
        let (before, offender) =
            self.table().offend(name, label, kind.event_id(), weight, now, self.0.rules.places);
        if let Some((at_score, hook)) = &self.0.hook
            && before < *at_score
            && offender.score >= *at_score
        {
            hook(&offender);
        }
        offender.score
    }

    /// The score of `source` now; 0 where it is not in the table.
    pub fn score(&self, source: &str) -> f64 {
        let (name, now) = (name(source), self.now());
        self.table().score(&name, now)
    }

    /// The `n` highest scores, the highest first.
    pub fn worst(&self, n: usize) -> Vec<Offender> {
        let now = self.now();
        let table = self.table();
        table
            .order
            .iter()
            .rev()
            .take(n)
            .filter_map(|place| table.places.get(&place.name))
            .map(|s| s.at(now))
            .collect()
    }

    /// Forgets `source`: the caller dealt with it.
    pub fn forget(&self, source: &str) {
        let name = name(source);
        self.table().remove(&name);
    }

    /// How many sources are in the table.
    pub fn len(&self) -> usize {
        self.table().places.len()
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The time in half lives.
    fn now(&self) -> f64 {
        (self.0.clock)().as_secs_f64() / self.0.rules.half_life.as_secs_f64()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Offenders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offenders")
            .field("rules", &self.0.rules)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// What a source is found by: a digest, so that a long label takes no more room than a short one, and none can be made
/// to fall together with another.
type Name = [u8; 16];

fn name(source: &str) -> Name {
    let mut name = [0; 16];
    name.iter_mut().zip(Sha256::digest(source)).for_each(|(place, byte)| *place = byte);
    name
}

/// Scores that decay alike never change their order. So each is kept as what it would be at the clock's zero, as a
/// power of two: `exponent` is the binary logarithm of the score plus the time in half lives. The order stands still
/// while the scores sink.
#[derive(Default)]
struct Table {
    places: HashMap<Name, Source>,
    order: BTreeSet<Place>,
}

struct Source {
    exponent: f64,
    label: String,
    offences: u64,
    last: &'static str,
}

#[derive(Clone, Copy)]
struct Place {
    exponent: f64,
    name: Name,
}

impl Source {
    fn score(&self, now: f64) -> f64 {
        (self.exponent - now).exp2()
    }

    fn at(&self, now: f64) -> Offender {
        Offender {
            source: self.label.clone(),
            score: self.score(now),
            offences: self.offences,
            last: self.last,
        }
    }
}

impl Table {
    fn score(&self, name: &Name, now: f64) -> f64 {
        self.places.get(name).map_or(0.0, |source| source.score(now))
    }

    fn remove(&mut self, name: &Name) -> Option<Source> {
        let source = self.places.remove(name)?;
        self.order.remove(&Place { exponent: source.exponent, name: *name });
        Some(source)
    }

    /// Adds an offence; the score before it, and how the source stands after it.
    fn offend(
        &mut self,
        name: Name,
        label: String,
        event_id: &'static str,
        weight: f64,
        now: f64,
        places: usize,
    ) -> (f64, Offender) {
        let known = self.remove(&name);
        let before = known.as_ref().map_or(0.0, |source| source.score(now));
        let mut source = known.unwrap_or(Source { exponent: 0.0, label, offences: 0, last: event_id });
        source.exponent = (before + weight).log2() + now;
        source.offences = source.offences.saturating_add(1);
        source.last = event_id;
        let offender = source.at(now);
        let place = Place { exponent: source.exponent, name };
        if self.has_room_for(&place, places) {
            self.order.insert(place);
            self.places.insert(name, source);
        }
        (before, offender)
    }

    /// Makes room by letting the lowest go, unless it is above the one that comes.
    fn has_room_for(&mut self, newcomer: &Place, places: usize) -> bool {
        if self.places.len() < places {
            return true;
        }
        match self.order.first().copied() {
            Some(lowest) if lowest.exponent <= newcomer.exponent => {
                self.remove(&lowest.name);
                true
            }
            _ => false,
        }
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Place) -> Ordering {
        self.exponent.total_cmp(&other.exponent).then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Place) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Place) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Place {}
