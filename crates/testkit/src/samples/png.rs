//! The hostile PNG files, one function for each row of the list in THREATS.md.

use crate::samples::Sample;

/// All of them.
pub fn all() -> Vec<Sample> {
    Vec::new()
}
