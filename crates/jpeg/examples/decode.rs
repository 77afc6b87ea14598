//! Decodes JPEG files to raw samples, for scripts that compare them with another decoder's.
//!
//!     cargo run --release -p fic-jpeg --example decode < LIST > SAMPLES
//!
//! In come lines of a divisor (1, 2, 4 or 8), a space and a path. For each of them one line goes out, `WIDTH HEIGHT
//! CHANNELS`, and behind it so many bytes: rows of 8-bit samples. A file that is refused gives `error: WHY` and no bytes.

#![allow(clippy::print_stdout, reason = "the samples are what it is for")]

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::num::NonZeroU32;

use fic_core::{Bands, Budget, Limits, Request};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (divisor, path) = line.split_once(' ').ok_or("a line is a divisor and a path")?;
        match decode(&std::fs::read(path)?, divisor.parse()?) {
            Ok((head, samples)) => {
                writeln!(out, "{head}")?;
                out.write_all(&samples)?;
            }
            Err(error) => writeln!(out, "error: {error}")?,
        }
        out.flush()?;
    }
    Ok(())
}

/// The first line of the answer and the samples, at 1 / `divisor` of the stored size.
fn decode(picture: &[u8], divisor: NonZeroU32) -> Result<(String, Vec<u8>), fic_core::Error> {
    let limits = Limits::trusted();
    let outline = fic_jpeg::outline(picture)?;
    let header = outline.header();
    let [width, height] = [header.width, header.height].map(|side| side.get().div_ceil(divisor.get()));
    let request = Request::full().with_at_least(width, height);
    let admitted = fic_jpeg::admit(picture, &outline, &request, &limits)?;
    let head = format!("{} {} {}", admitted.width(), admitted.height(), admitted.layout().channels());
    let mut decoder = fic_jpeg::open(admitted, &Budget::new(&limits))?;
    let mut samples = Vec::new();
    while let Some(band) = decoder.next_band()? {
        samples.extend_from_slice(band.bytes);
    }
    Ok((head, samples))
}
