//! The one place where any panic of a decoder underneath is caught; one that is known to panic is caught in its crate too.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fic_core::{Kind, Stage};

use crate::Error;

/// Runs `work`; a panic inside becomes an `Upstream` error, an incident to be counted and reported.
///
/// Nothing that `work` touched is used again after a panic, so unwind safety is not in question. A failed
/// allocation aborts instead of unwinding, which is why nothing is allocated that the budget did not grant.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Error::new(Kind::Upstream, Stage::Decode, "a decoder panicked")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_a_panic_into_an_upstream_error() {
        let err = guarded::<()>(|| panic!("a decoder's assertion")).unwrap_err();
        assert_eq!(err.kind(), Kind::Upstream);
    }
}
