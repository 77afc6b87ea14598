//! The predicted work of a thumbnail against the instructions that it took, file by file.
//!
//! The instructions were counted by `benches/calibrate`, so nothing here depends on the clock. Where this fails
//! after a change to a decoder, count again; where it still fails, the constants in `fic_core::units` are off.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up must fail")]

#[path = "../src/bin/once/pictures.rs"]
mod pictures;

use std::collections::BTreeMap;

use fastimagecache::{Policy, Thumbnailer};
use serde::Deserialize;

/// How far from the median a file may be, either way.
const MOST: f64 = 4.0;

/// Instructions in the nanosecond that one unit stands for, on photographs: see `benches/record/`.
const INSTRUCTIONS_PER_UNIT: f64 = 3.0;

#[derive(Deserialize)]
struct Record {
    instructions: BTreeMap<String, u64>,
}

/// A picture that was counted: units of predicted work for each instruction.
struct Counted {
    name: String,
    work: u64,
    instructions: u64,
}

impl Counted {
    fn ratio(&self) -> f64 {
        self.work as f64 / self.instructions as f64
    }
}

#[test]
fn predicted_work_is_within_four_times_of_the_instructions_counted() {
    let counted = counted();
    let median = median(&counted);
    let off: Vec<String> = counted
        .iter()
        .filter(|file| {
            let factor = file.ratio() / median;
            !(1.0 / MOST..=MOST).contains(&factor)
        })
        .map(|file| {
            let Counted { name, work, instructions } = file;
            format!(
                "{:.2} times the median: {name}, {work} units, {instructions} instructions",
                file.ratio() / median
            )
        })
        .collect();
    assert!(off.is_empty(), "{} of {} files:\n{}", off.len(), counted.len(), off.join("\n"));
}

#[test]
fn a_unit_is_about_a_nanosecond() {
    let median = median(&counted());
    let units_per_ns = median * INSTRUCTIONS_PER_UNIT;
    assert!((0.5..=2.0).contains(&units_per_ns), "{units_per_ns} units for a nanosecond of the median file");
}

/// Every picture with a record; most must have one.
fn counted() -> Vec<Counted> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../benches/record/calibration.toml");
    let text = std::fs::read_to_string(path).expect("benches/record/calibration.toml");
    let record: Record = toml::from_str(&text).expect("the record is TOML");
    let thumbnailer = Thumbnailer::new(Policy::untrusted());
    let pictures = pictures::all();
    let count = pictures.len();
    let counted: Vec<Counted> = pictures
        .into_iter()
        .filter_map(|(name, bytes)| {
            let instructions = *record.instructions.get(&name)?;
            let predicted = thumbnailer.inspect(&bytes).ok()?.predicted?;
            Some(Counted { name, work: predicted.work, instructions })
        })
        .collect();
    assert!(
        counted.len() * 10 >= count * 9,
        "{} of {count} pictures are counted: run benches/calibrate",
        counted.len()
    );
    counted
}

fn median(counted: &[Counted]) -> f64 {
    let mut ratios: Vec<f64> = counted.iter().map(Counted::ratio).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}
