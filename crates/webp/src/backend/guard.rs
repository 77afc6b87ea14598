//! Where a panic of the decoder underneath is caught.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fic_core::{Error, Format};

/// Runs `work`; a panic inside becomes an `Upstream` error. Nothing that `work` touched is used after one.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let panicked = |_| Err(Error::upstream(Format::WebP, "image-webp panicked"));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(panicked)
}

#[cfg(test)]
mod tests {
    use fic_core::Kind;

    use super::*;

    #[test]
    fn a_panic_is_an_upstream_error() {
        let err = guarded::<()>(|| panic!("a decoder's assertion")).unwrap_err();
        assert_eq!(err.kind(), Kind::Upstream);
    }
}
