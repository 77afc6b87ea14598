//! Every file that is known, through every fuzz target: what the fuzzers found once stays found.

#![cfg(feature = "targets")]

use std::fs;

use fic_testkit::{samples, targets, valid};

/// Larger files are met elsewhere; a target decodes each several times.
const LARGEST: usize = 256 << 10;

fn through_every_target(name: &str, bytes: &[u8]) {
    for (target, body) in targets::ALL {
        let mut with_recipe = Vec::new();
        let data = if target.starts_with("thumbnail") {
            with_recipe.extend_from_slice(&[40, 30, 0, 0, 2, 0, 80, 0]);
            with_recipe.extend_from_slice(bytes);
            &with_recipe
        } else {
            bytes
        };
        let outcome = std::panic::catch_unwind(|| body(data));
        assert!(outcome.is_ok(), "{target} breaks on {name}");
    }
}

#[test]
fn valid_files_keep_every_promise() {
    for file in valid::files("") {
        through_every_target(&file.path, &file.bytes());
    }
}

#[test]
fn hostile_samples_keep_every_promise() {
    let mut seen = 0;
    for sample in samples::all() {
        let bytes = sample.bytes();
        if bytes.len() <= LARGEST {
            through_every_target(&sample.name, &bytes);
            seen += 1;
        }
    }
    assert!(seen >= 150, "only {seen} samples");
}

#[test]
fn past_crashes_keep_every_promise() {
    let Ok(formats) = fs::read_dir(valid::corpus().join("regressions")) else { return };
    for folder in formats.flatten() {
        for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let bytes = fs::read(file.path()).expect("a regression file");
            through_every_target(&file.path().display().to_string(), &bytes);
        }
    }
}
