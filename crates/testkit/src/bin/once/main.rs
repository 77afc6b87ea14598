//! Makes one thumbnail of every picture of the calibration, and prints their names: `benches/calibrate` counts
//! the instructions of each.
//!
//! With a number it makes that many of each and prints milliseconds beside the name, the least of all: what an
//! instruction costs. Further arguments are files to use in place of the calibration's.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a tool for developers")]

mod pictures;

use std::time::Instant;

use fastimagecache::{Policy, Recipe, Thumbnailer};

fn main() {
    let thumbnailer = Thumbnailer::new(Policy::untrusted());
    let mut arguments = std::env::args().skip(1);
    let times: Option<u32> = arguments.next().map(|times| times.parse().expect("a number"));
    let files: Vec<_> =
        arguments.map(|path| (path.clone(), std::fs::read(path).expect("a readable file"))).collect();
    for (name, bytes) in if files.is_empty() { pictures::all() } else { files } {
        // Not counted: a file that is refused, and what the first of a kind sets up for all.
        if thumbnailer.thumbnail(&bytes, &recipe()).is_err() {
            continue;
        }
        let least = (0..times.unwrap_or(1))
            .map(|_| {
                let start = Instant::now();
                measured(&thumbnailer, &bytes);
                start.elapsed()
            })
            .min();
        match (times, least) {
            (Some(_), Some(least)) => {
                let predicted = thumbnailer.inspect(&bytes).ok().and_then(|seen| seen.predicted);
                let work = predicted.map_or(0, |cost| cost.work);
                println!(
                    "{name}\t{:.3} ms\t{:.3} million units",
                    least.as_secs_f64() * 1e3,
                    work as f64 / 1e6
                );
            }
            _ => println!("{name}"),
        }
    }
}

fn recipe() -> Recipe {
    Recipe::within(256, 256)
}

/// What is counted: its name is known to `benches/calibrate`.
#[inline(never)]
fn measured(thumbnailer: &Thumbnailer, bytes: &[u8]) {
    std::hint::black_box(thumbnailer.thumbnail(bytes, &recipe()).is_ok());
}
