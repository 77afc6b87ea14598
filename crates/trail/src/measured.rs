//! Stages that are measured in one process and told in another. A worker has nobody to tell: it measures, and whoever
//! started it tells what it said, marked as such.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use fic_core::{Format, Stage};

/// What one stage was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Which one.
    pub stage: Stage,
    /// The format of the picture, once it is known.
    pub format: Option<Format>,
    /// Pixels before the stage.
    pub pixels: Option<u64>,
    /// Work units that admission predicted.
    pub work: Option<u64>,
    /// Most heap bytes granted at once so far.
    pub heap: Option<u64>,
    /// How long it took.
    pub took: Duration,
    /// [`Measured::OK`], or the name of the error's kind.
    pub outcome: &'static str,
}

impl Measured {
    /// The outcome of a stage that did what it is for.
    pub const OK: &'static str = "ok";
}

/// The most stages that are kept of one call, twice as many as any has.
const MOST: usize = 16;

thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static STAGES: RefCell<Vec<Measured>> = const { RefCell::new(Vec::new()) };
}

/// Runs `work`, and says what the stages were that this thread went through in it, in their order. Not to be nested.
///
/// ```
/// use fic_core::{Error, Stage};
/// use fic_trail::{Task, measured, observed};
///
/// let (made, stages) = measured(|| observed(Task::of(Stage::Sniff), None, || Ok::<_, Error>(7)));
/// assert_eq!(made?, 7);
/// assert_eq!((stages.len(), stages[0].stage, stages[0].outcome), (1, Stage::Sniff, "ok"));
/// # Ok::<(), Error>(())
/// ```
pub fn measured<T>(work: impl FnOnce() -> T) -> (T, Vec<Measured>) {
    // What is left of work that panicked is nobody's.
    STAGES.take();
    let on = On::new();
    let made = work();
    drop(on);
    (made, STAGES.take())
}

/// Whether this thread measures.
#[inline]
pub(crate) fn is_on() -> bool {
    IS_ON.get()
}

/// Keeps what a stage was, where this thread measures.
pub(crate) fn note(stage: Measured) {
    if is_on() {
        STAGES.with_borrow_mut(|stages| {
            if stages.len() < MOST {
                stages.push(stage);
            }
        });
    }
}

/// This thread measures, until it drops.
struct On;

impl On {
    fn new() -> On {
        IS_ON.set(true);
        On
    }
}

impl Drop for On {
    fn drop(&mut self) {
        IS_ON.set(false);
    }
}

#[cfg(test)]
mod tests {
    use fic_core::{Error, Kind};

    use super::*;
    use crate::{Task, observed};

    fn stage(stage: Stage, made: Result<(), Error>) -> Result<(), Error> {
        observed(Task::of(stage).size(3, 4).work(5), None, || made)
    }

    #[test]
    fn stages_are_kept_while_somebody_asks_and_no_longer() {
        stage(Stage::Sniff, Ok(())).unwrap();
        let ((), stages) = measured(|| {
            stage(Stage::Admit, Ok(())).unwrap();
            stage(Stage::Decode, Err(Error::new(Kind::Malformed, Stage::Decode, "odd"))).unwrap_err();
        });
        stage(Stage::Encode, Ok(())).unwrap();
        let seen: Vec<_> = stages.iter().map(|one| (one.stage, one.outcome)).collect();
        assert_eq!(seen, [(Stage::Admit, "ok"), (Stage::Decode, "malformed")]);
        assert_eq!((stages[0].pixels, stages[0].work, stages[0].heap), (Some(12), Some(5), None));
        assert!(measured(|| ()).1.is_empty());
    }

    #[test]
    fn a_panic_leaves_nothing_on_and_nothing_behind() {
        let panics = || {
            measured(|| {
                stage(Stage::Sniff, Ok(())).unwrap();
                std::panic::resume_unwind(Box::new(()))
            })
        };
        std::panic::catch_unwind(panics).map(|((), _)| ()).unwrap_err();
        assert!(!is_on());
        assert!(measured(|| ()).1.is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let ((), stages) = measured(|| (0..1_000).for_each(|_| stage(Stage::Sniff, Ok(())).unwrap()));
        assert_eq!(stages.len(), MOST);
    }
}
