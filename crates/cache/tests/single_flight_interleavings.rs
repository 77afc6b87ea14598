//! Single flight under every interleaving that shuttle finds: the very same file, with shuttle's locks in the place of
//! the system's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

mod sync {
    pub(crate) use std::sync::PoisonError;

    pub(crate) use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard};
    pub(crate) use shuttle::thread;
}

#[allow(dead_code, reason = "the cache uses the rest")]
#[path = "../src/flight.rs"]
mod flight;

use std::time::Duration;

use fic_core::Cancel;
use flight::{Flights, Joined, Outcome};
use shuttle::sync::Arc;
use shuttle::sync::atomic::{AtomicU32, Ordering};
use shuttle::thread;

const THREADS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(3600);

type Table = Flights<u8, u32, &'static str>;

/// Runs `scene` under thousands of random schedules, and under those that find rare orders.
fn interleave(scene: impl Fn() + Send + Sync + Copy + 'static) {
    shuttle::check_random(scene, 3_000);
    shuttle::check_pct(scene, 3_000, 3);
}

/// What every thread got that asked for key 1 by `ask`.
fn all<T: Send + 'static>(ask: impl Fn(u32, &Table) -> T + Send + Sync + Copy + 'static) -> Vec<T> {
    let table = Arc::new(Table::new());
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let table = Arc::clone(&table);
            thread::spawn(move || ask(number, &table))
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn one_leads_at_a_time_and_everybody_ends_with_its_value() {
    interleave(|| {
        let leading = Arc::new(AtomicU32::new(0));
        let table = Arc::new(Table::new());
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let (table, leading) = (Arc::clone(&table), Arc::clone(&leading));
                thread::spawn(move || match table.join(1, PATIENCE, None) {
                    Joined::Leads(lead) => {
                        assert_eq!(leading.fetch_add(1, Ordering::SeqCst), 0, "two lead");
                        leading.fetch_sub(1, Ordering::SeqCst);
                        lead.end(Outcome::Done(number));
                        number
                    }
                    Joined::Followed(Outcome::Done(value)) => value,
                    other => panic!("{other:?}"),
                })
            })
            .collect();
        let values: Vec<u32> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(values.iter().all(|&value| value < THREADS && values[value as usize] == value), "{values:?}");
    });
}

#[test]
fn whoever_waits_for_a_leader_that_leaves_without_a_word_takes_over() {
    interleave(|| {
        let values = all(|number, table| {
            loop {
                match table.join(1, PATIENCE, None) {
                    // The first two leave; nobody may wait for ever.
                    Joined::Leads(lead) if number < 2 => {
                        drop(lead);
                        return None;
                    }
                    Joined::Leads(lead) => {
                        lead.end(Outcome::Done(number));
                        return Some(number);
                    }
                    Joined::Followed(Outcome::Done(value)) => return Some(value),
                    Joined::Followed(Outcome::Dangling) => {}
                    other => panic!("{other:?}"),
                }
            }
        });
        assert!(values.iter().flatten().all(|&value| value >= 2), "{values:?}");
        assert!(values[2].is_some() && values[3].is_some());
    });
}

#[test]
fn a_failure_reaches_all_that_waited_and_the_next_to_come_starts_anew() {
    interleave(|| {
        let results = all(|number, table| match table.join(1, PATIENCE, None) {
            Joined::Leads(lead) if number == 0 => {
                lead.end(Outcome::Failed("poison"));
                Err("poison")
            }
            Joined::Leads(lead) => {
                lead.end(Outcome::Done(number));
                Ok(number)
            }
            Joined::Followed(Outcome::Done(value)) => Ok(value),
            Joined::Followed(Outcome::Failed(why)) => Err(why),
            other => panic!("{other:?}"),
        });
        assert!(results.iter().flatten().all(|&value| value > 0), "{results:?}");
    });
}

#[test]
fn a_removal_is_seen_by_the_leader_it_is_meant_for_or_comes_after_it() {
    interleave(|| {
        let table = Arc::new(Table::new());
        // What stands for the entry: put there by the leader, taken away by the remover.
        let kept = Arc::new(AtomicU32::new(0));
        let maker = {
            let (table, kept) = (Arc::clone(&table), Arc::clone(&kept));
            thread::spawn(move || {
                let Joined::Leads(lead) = table.join(1, PATIENCE, None) else { panic!("nobody else joins") };
                kept.store(1, Ordering::SeqCst);
                if lead.is_revoked() {
                    kept.store(0, Ordering::SeqCst);
                }
                lead.end(Outcome::Done(1));
            })
        };
        let began = Arc::clone(&table);
        let remover = {
            let kept = Arc::clone(&kept);
            thread::spawn(move || {
                began.revoke(|key| *key == 1);
                kept.swap(0, Ordering::SeqCst)
            })
        };
        maker.join().unwrap();
        let taken = remover.join().unwrap();
        // If it is still there, the removal came before the making began: nothing was taken, nothing was revoked.
        assert!(kept.load(Ordering::SeqCst) == 0 || taken == 0);
    });
}

#[test]
fn whoever_comes_after_a_removal_does_not_get_what_was_begun_before_it() {
    interleave(|| {
        let table = Arc::new(Table::new());
        let Joined::Leads(old) = table.join(1, PATIENCE, None) else { panic!("nobody else joins") };
        let begun_before = Arc::clone(&table);
        let remover = thread::spawn(move || {
            begun_before.revoke(|key| *key == 1);
            match begun_before.join(1, PATIENCE, None) {
                Joined::Leads(new) => new.end(Outcome::Done(2)),
                other => panic!("{other:?}"),
            }
        });
        old.end(Outcome::Done(1));
        remover.join().unwrap();
        assert!(matches!(table.join(1, PATIENCE, None), Joined::Leads(_)), "both have ended");
    });
}

#[test]
fn the_end_of_a_revoked_flight_leaves_the_next_one_of_its_key_as_it_is() {
    interleave(|| {
        let table = Arc::new(Table::new());
        let Joined::Leads(old) = table.join(1, PATIENCE, None) else { panic!("nobody else joins") };
        table.revoke(|key| *key == 1);
        let Joined::Leads(new) = table.join(1, PATIENCE, None) else { panic!("the old one is revoked") };
        let joining = Arc::clone(&table);
        let follower = thread::spawn(move || match joining.join(1, PATIENCE, None) {
            Joined::Followed(Outcome::Done(value)) => value,
            // It came when the new one had ended.
            Joined::Leads(_) => 2,
            other => panic!("{other:?}"),
        });
        old.end(Outcome::Done(1));
        assert!(!new.is_revoked());
        new.end(Outcome::Done(2));
        assert_eq!(follower.join().unwrap(), 2);
    });
}

#[test]
fn whoever_asks_for_what_it_makes_is_told_so_and_nobody_else_is() {
    interleave(|| {
        let table = Arc::new(Table::new());
        let asked = Arc::clone(&table);
        let other = thread::spawn(move || match asked.join(1, PATIENCE, None) {
            Joined::Leads(lead) => lead.end(Outcome::Done(1)),
            Joined::Followed(Outcome::Done(value)) => assert_eq!(value, 2),
            other => panic!("{other:?}"),
        });
        match table.join(1, PATIENCE, None) {
            Joined::Leads(lead) => {
                assert!(matches!(table.join(1, PATIENCE, None), Joined::Own));
                lead.end(Outcome::Done(2));
            }
            Joined::Followed(Outcome::Done(value)) => assert_eq!(value, 1),
            other => panic!("{other:?}"),
        }
        other.join().unwrap();
    });
}

#[test]
fn whoever_is_called_off_waits_no_longer_and_the_leader_does_not_notice() {
    interleave(|| {
        let table = Arc::new(Table::new());
        let Joined::Leads(lead) = table.join(1, PATIENCE, None) else { panic!("nobody else joins") };
        let (asked, cancel) = (Arc::clone(&table), Cancel::new());
        cancel.cancel();
        let follower = thread::spawn(move || match asked.join(1, PATIENCE, Some(&cancel)) {
            Joined::Cancelled | Joined::Followed(Outcome::Done(1)) => {}
            // It came when the other had ended.
            Joined::Leads(own) => own.end(Outcome::Done(2)),
            other => panic!("{other:?}"),
        });
        lead.end(Outcome::Done(1));
        follower.join().unwrap();
        assert!(matches!(table.join(1, PATIENCE, None), Joined::Leads(_)), "both have ended");
    });
}
