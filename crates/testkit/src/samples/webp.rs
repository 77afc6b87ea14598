//! The hostile WebP files, one function for each row of the list in THREATS.md.

mod animation;
mod container;
mod lossless;
mod size;

use fic_core::FindingKind;

use crate::samples::{Expect, Sample};

/// All of them.
pub fn all() -> Vec<Sample> {
    let mut all = lossless::all();
    all.extend(size::all());
    all.extend(container::all());
    all.extend(animation::all());
    all.sort_by_key(|sample| sample.id);
    all
}

fn sample(
    id: &'static str,
    name: &str,
    what: &'static str,
    expect: Expect,
    build: impl Fn() -> Vec<u8> + Send + Sync + 'static,
) -> Sample {
    Sample::new(id, format!("{}_{name}", id.to_lowercase()), "webp", what, expect, build)
}

const ACCEPT: Expect = Expect::Accept(&[]);
const CONTRADICTORY: Expect = Expect::Accept(&[FindingKind::ContradictoryHeader]);
