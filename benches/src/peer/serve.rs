//! Requests as lines of JSON, times as lines of JSON.

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::PathBuf;
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::operation::{Made, Operation};

#[derive(Deserialize)]
struct Asked {
    file: PathBuf,
    op: Operation,
    /// How many times it is timed, after one that is not.
    n: u32,
    /// Where the pixels go: packed rows of 8-bit samples and nothing else.
    pixels: Option<PathBuf>,
}

/// Answers until the input ends.
pub(crate) fn serve() -> Result<(), Box<dyn Error>> {
    // Only the file of the last request is kept, as the other libraries' workers do.
    let mut files: HashMap<PathBuf, Vec<u8>> = HashMap::new();
    for line in stdin().lock().lines() {
        let asked: Asked = serde_json::from_str(&line?)?;
        if !files.contains_key(&asked.file) {
            files = HashMap::from([(asked.file.clone(), std::fs::read(&asked.file)?)]);
        }
        let answer =
            answer(&asked, &files[&asked.file]).unwrap_or_else(|err| json!({ "error": err.to_string() }));
        println!("{answer}");
        stdout().flush()?;
    }
    Ok(())
}

fn answer(asked: &Asked, file: &[u8]) -> Result<Value, Box<dyn Error>> {
    if let Some(to) = &asked.pixels {
        let mut made = Made::default();
        asked.op.run(file, &mut made)?;
        std::fs::write(to, &made.pixels.bytes)?;
    }
    timed(file, asked.op, asked.n)
}

/// Milliseconds of each time, after one that is not counted, and what was made.
pub(crate) fn timed(file: &[u8], operation: Operation, times: u32) -> Result<Value, Box<dyn Error>> {
    let mut made = Made::default();
    operation.run(file, &mut made)?;
    // What takes nanoseconds is done so often that the clock can see it.
    let repeats = if operation == Operation::Sniff { 100_000 } else { 1 };
    let mut milliseconds = Vec::with_capacity(times as usize);
    for _ in 0..times {
        let start = Instant::now();
        for _ in 0..repeats {
            operation.run(file, &mut made)?;
        }
        milliseconds.push(start.elapsed().as_secs_f64() * 1e3 / f64::from(repeats));
    }
    let Made { pixels, predicted_heap, .. } = made;
    Ok(json!({
        "ms": milliseconds,
        "width": pixels.width,
        "height": pixels.height,
        "channels": pixels.channels,
        "predicted_heap": predicted_heap,
    }))
}
