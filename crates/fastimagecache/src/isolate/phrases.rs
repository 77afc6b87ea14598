//! The phrases of errors that come from a worker. An error holds a `&'static str`, which a worker cannot send.
//!
//! Each phrase is kept once and for ever, so there is a bound on their number and length, far above what the crates of
//! the stack have. Only plain characters are taken, so that a worker that was taken over can say something
//! misleading in the log of its own upload, but neither forge a line of it nor paint a terminal.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Bytes of the longest.
pub(super) const LONGEST: usize = 160;

const MOST: usize = 1_024;

/// What stands for one that is not taken.
const UNFIT: &str = "the worker gave a reason that is not fit to be repeated";

static KEPT: Phrases = Phrases(Mutex::new(BTreeSet::new()));

struct Phrases(Mutex<BTreeSet<&'static str>>);

/// The same phrase, for ever.
pub(super) fn kept(phrase: &str) -> &'static str {
    KEPT.kept(phrase)
}

impl Phrases {
    fn kept(&self, phrase: &str) -> &'static str {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" .,:;()'+-*/_%=&#^".contains(&byte);
        if phrase.is_empty() || phrase.len() > LONGEST || !phrase.bytes().all(is_plain) {
            return UNFIT;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get(phrase) {
            return known;
        }
        if kept.len() >= MOST {
            return UNFIT;
        }
        let new: &'static str = Box::leak(phrase.to_owned().into_boxed_str());
        kept.insert(new);
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_kept_once_and_what_could_forge_a_line_is_not() {
        let phrases = Phrases(Mutex::default());
        let first = phrases.kept("the picture is too odd (really)");
        assert!(std::ptr::eq(first, phrases.kept("the picture is too odd (really)")));
        for unfit in ["", "a\nb", "\u{1b}[31m", "ä", &"x".repeat(LONGEST + 1)] {
            assert_eq!(phrases.kept(unfit), UNFIT, "{unfit:?}");
        }
        for n in 0..2 * MOST {
            phrases.kept(&format!("phrase {n}"));
        }
        assert_eq!(phrases.0.lock().unwrap().len(), MOST);
        assert_eq!(phrases.kept("one more"), UNFIT);
    }
}
