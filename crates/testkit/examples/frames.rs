//! Decodes WebP and GIF files to raw samples, for scripts that compare them with another decoder's.
//!
//!     cargo run --release -p fic-testkit --example frames < LIST > SAMPLES
//!
//! In come lines of a frame's number, a space and a path. For each of them one line goes out, `WIDTH HEIGHT CHANNELS`,
//! and behind it so many bytes: rows of 8-bit samples, straight alpha. A file that is refused gives `error: WHY` and no
//! bytes.

#![allow(clippy::print_stdout, reason = "the samples are what it is for")]

use std::io::{self, BufRead, Write};

use fic_core::{Bands, Budget, Error, Limits, Request};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (frame, path) = line.split_once(' ').ok_or("a line is a frame's number and a path")?;
        let request = Request::full().with_frame(frame.parse()?);
        match decode(&std::fs::read(path)?, &request) {
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

/// The first line of the answer and the samples.
fn decode(picture: &[u8], request: &Request) -> Result<(String, Vec<u8>), Error> {
    let limits = Limits::trusted();
    let budget = Budget::new(&limits);
    if picture.starts_with(b"GIF8") {
        let outline = fic_gif::outline(picture)?;
        samples(fic_gif::open(fic_gif::admit(picture, &outline, request, &limits)?, &budget)?)
    } else {
        let outline = fic_webp::outline(picture)?;
        samples(fic_webp::open(fic_webp::admit(picture, &outline, request, &limits)?, &budget)?)
    }
}

fn samples(mut decoder: impl Bands) -> Result<(String, Vec<u8>), Error> {
    let head = format!("{} {} {}", decoder.width(), decoder.height(), decoder.layout().channels());
    let mut samples = Vec::new();
    while let Some(band) = decoder.next_band()? {
        samples.extend_from_slice(band.bytes);
    }
    Ok((head, samples))
}
