//! Scores decay, the table is bounded, and a flood of labels pushes out nobody who is worse than the flood.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fic_core::{Kind, Limit};
use fic_trail::offenders::{Offenders, Rules, Weights};

const BOMB: Kind = Kind::Limit { limit: Limit::MaxPixels, allowed: 1, found: 2 };

/// A clock that stands still until it is told.
#[derive(Clone, Default)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn table(&self, rules: Rules) -> Offenders {
        let clock = self.clone();
        Offenders::with_clock(rules, move || Duration::from_secs(clock.0.load(Ordering::Relaxed)))
    }
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-6 * other.max(1.0)
}

#[test]
fn a_score_is_the_sum_of_the_offences_and_halves_in_a_half_life() {
    let clock = Clock::default();
    let offenders = clock.table(Rules::default().with_half_life(Duration::from_secs(60)));
    offenders.note("tenant-42", BOMB);
    assert!(near(offenders.score("tenant-42"), 5.0));
    clock.pass(60);
    assert!(near(offenders.score("tenant-42"), 2.5));
    assert!(near(offenders.note("tenant-42", Kind::Malformed), 3.5));
    clock.pass(30 * 24 * 3600);
    assert!(near(offenders.score("tenant-42"), 0.0));
    assert!(near(offenders.note("tenant-42", BOMB), 5.0));
}

#[test]
fn each_kind_has_its_weight_and_the_callers_own_doing_has_none() {
    let offenders = Clock::default().table(Rules::default());
    let weights = Weights::default();
    for (kind, weight) in [
        (BOMB, weights.limit),
        (Kind::Refused, weights.refused),
        (Kind::Deadline, weights.deadline),
        (Kind::Malformed, weights.malformed),
        (Kind::Unsupported, weights.unsupported),
        (Kind::Upstream, weights.incident),
    ] {
        assert!(near(offenders.note(kind.name(), kind), weight), "{kind:?}");
    }
    let before = offenders.len();
    for kind in [Kind::Cancelled, Kind::Io, Kind::Misuse] {
        assert!(near(offenders.note(kind.name(), kind), 0.0));
    }
    assert_eq!(offenders.len(), before);
}

#[test]
fn the_worst_come_first_with_what_they_did() {
    let clock = Clock::default();
    let offenders = clock.table(Rules::default());
    offenders.note("once", Kind::Malformed);
    for _ in 0..3 {
        offenders.note("bomber", BOMB);
    }
    offenders.note("page", Kind::Refused);
    let worst = offenders.worst(2);
    let seen: Vec<_> = worst.iter().map(|o| (o.source.as_str(), o.offences, o.last)).collect();
    assert_eq!(seen, [("bomber", 3, "refusal.limit.max_pixels"), ("page", 1, "refusal.policy")]);
    offenders.forget("bomber");
    assert!(near(offenders.score("bomber"), 0.0));
    assert_eq!(offenders.len(), 2);
}

#[test]
fn the_hook_is_called_when_a_score_rises_to_its_mark_and_not_while_it_is_above() {
    let clock = Clock::default();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&calls);
    let rules = Rules::default().with_half_life(Duration::from_secs(60));
    let offenders =
        clock.table(rules).with_hook(8.0, move |offender| kept.lock().unwrap().push(offender.source.clone()));
    for _ in 0..4 {
        offenders.note("a", BOMB);
    }
    assert_eq!(*calls.lock().unwrap(), ["a"]);
    clock.pass(120);
    offenders.note("a", BOMB);
    assert_eq!(*calls.lock().unwrap(), ["a", "a"]);
}

#[test]
fn a_hook_may_ask_the_table() {
    let table: Arc<Mutex<Option<Offenders>>> = Arc::default();
    let asked = Arc::clone(&table);
    let offenders = Offenders::new(Rules::default()).with_hook(1.0, move |offender| {
        let table = asked.lock().unwrap().clone().unwrap();
        assert!(table.score(&offender.source) >= 1.0);
        table.forget(&offender.source);
    });
    *table.lock().unwrap() = Some(offenders.clone());
    offenders.note("a", BOMB);
    assert!(offenders.is_empty());
}

#[test]
fn a_million_labels_neither_grow_the_table_nor_push_out_who_is_worse() {
    let clock = Clock::default();
    let offenders = clock.table(Rules::default().with_places(1000));
    for _ in 0..10 {
        offenders.note("heavy", BOMB);
    }
    let mut label = String::new();
    let flood = |label: &mut String, from: u32, to: u32| {
        for n in from..to {
            label.clear();
            // Long labels with what is to be escaped: the dearest to keep.
            label.push_str("\u{1b}[31m\n");
            label.push_str(&n.to_string());
            (0..40).for_each(|_| label.push('\n'));
            offenders.note(label, BOMB);
        }
    };
    flood(&mut label, 0, 2000);
    let counted = allocation_counter::measure(|| flood(&mut label, 2000, 1_000_000));
    // The growth of tables, not of what is in them: a million labels are 200 MB.
    assert!(counted.bytes_current.abs() < 400_000, "{} bytes more", counted.bytes_current);
    assert_eq!(offenders.len(), 1000);
    assert!(near(offenders.score("heavy"), 50.0));
    assert_eq!(offenders.worst(1)[0].source, "heavy");
}

#[test]
fn to_push_out_a_score_takes_as_much_from_each_of_as_many_labels_as_there_are_places() {
    let offenders = Clock::default().table(Rules::default().with_places(100));
    for _ in 0..10 {
        offenders.note("heavy", BOMB);
    }
    for times in 1..10 {
        for n in 0..100 {
            offenders.note(&format!("{n}"), BOMB);
        }
        assert!(near(offenders.score("heavy"), 50.0), "after {times} from each");
    }
}

#[test]
fn a_light_offence_does_not_take_the_place_of_a_heavier_one() {
    let offenders = Clock::default().table(Rules::default().with_places(2));
    offenders.note("a", BOMB);
    offenders.note("b", BOMB);
    assert!(near(offenders.note("c", Kind::Malformed), 1.0));
    assert_eq!((offenders.len(), offenders.score("c")), (2, 0.0));
    offenders.note("d", Kind::Upstream);
    assert!(offenders.score("d") > 19.0 && offenders.len() == 2);
}

#[test]
fn labels_that_are_cut_in_the_log_are_still_two_sources() {
    let offenders = Clock::default().table(Rules::default());
    let long = "x".repeat(10_000);
    let (one, other) = (format!("{long}1"), format!("{long}2"));
    offenders.note(&one, BOMB);
    offenders.note(&other, BOMB);
    assert!(near(offenders.score(&one), 5.0) && near(offenders.score(&other), 5.0));
    assert!(offenders.worst(2).iter().all(|offender| offender.source.len() <= fic_trail::LABEL_BYTES));
}

#[test]
fn a_weight_that_is_no_number_changes_no_score() {
    let weights = Weights { refused: f64::NAN, ..Weights::default() };
    let offenders = Offenders::new(Rules::default().with_weights(weights));
    assert_eq!(offenders.note("tenant-42", Kind::Refused), 0.0);
    assert!(offenders.is_empty());
}
