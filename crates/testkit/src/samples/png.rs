//! The hostile PNG files, one function for each row of the list in THREATS.md.

mod animation;
mod chunks;
mod colour;
mod image_data;
mod metadata;
mod size;

use fic_core::FindingKind;

use crate::samples::{Expect, Sample};

/// All of them.
pub fn all() -> Vec<Sample> {
    [size::all(), animation::all(), metadata::all(), image_data::all(), colour::all(), chunks::all()]
        .into_iter()
        .flatten()
        .collect()
}

fn sample(
    id: &'static str,
    name: &str,
    what: &'static str,
    expect: Expect,
    build: impl Fn() -> Vec<u8> + Send + Sync + 'static,
) -> Sample {
    let name = format!("{}_{name}", id.to_lowercase());
    Sample::new(id, name, "png", what, expect, build)
}

const ACCEPT: Expect = Expect::Accept(&[]);
const METADATA: Expect = Expect::Accept(&[FindingKind::Metadata]);
const CONTRADICTORY: Expect = Expect::Accept(&[FindingKind::ContradictoryHeader]);

/// The rows of a blank grey picture of 8 bits.
fn blank(width: usize, height: usize) -> Vec<u8> {
    vec![0; (width + 1) * height]
}
