//! What a worker costs over the same call in this process, on one core:
//!
//! `cargo run --release -p fastimagecache --features isolate,mmap --example overhead -- FILE…`
//!
//! The three ways take turns in the same run; printed are medians and the difference of medians.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::time::{Duration, Instant};

    use fastimagecache::isolate::{Isolated, Staged, run_if_worker};
    use fastimagecache::{Isolation, Policy, Recipe, Thumbnailer};

    run_if_worker();
    let policy = Policy::untrusted();
    let here = Thumbnailer::new(policy.clone());
    let there =
        Isolated::builder().policy(policy.clone().with_isolation(Isolation::Always)).workers(1).build()?;
    let recipe = Recipe::within(256, 256);
    println!(
        "| file | bytes | in process, ms | worker, received into sealed memory, ms | more | worker, from a slice, ms | more |"
    );
    println!("|---|---|---|---|---|---|---|");
    for path in std::env::args().skip(1) {
        let upload = std::fs::read(&path)?;
        let expected = here.thumbnail(&upload, &recipe)?.bytes;
        let mut times: [Vec<Duration>; 3] = Default::default();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(12) || times[0].len() < 31 {
            // Received before the clock starts, as the bytes of the call in process were.
            let staged = Staged::read(upload.as_slice(), &policy.limits)?;
            for (way, times) in times.iter_mut().enumerate() {
                let start = Instant::now();
                let thumb = match way {
                    0 => here.thumbnail(&upload, &recipe)?,
                    1 => there.thumbnail(&staged, &recipe)?,
                    _ => there.thumbnail(&upload, &recipe)?,
                };
                times.push(start.elapsed());
                if thumb.bytes != expected {
                    return Err("another picture".into());
                }
            }
        }
        let [a, b, c] = times.map(|mut times| {
            times.sort_unstable();
            times[times.len() / 2].as_secs_f64() * 1_000.0
        });
        let name = std::path::Path::new(&path).file_name().unwrap_or_default().to_string_lossy();
        let more = |ms: f64| format!("{:+.3} ms, {:+.1} %", ms - a, (ms / a - 1.0) * 100.0);
        println!("| {name} | {} | {a:.3} | {b:.3} | {} | {c:.3} | {} |", upload.len(), more(b), more(c));
    }
    Ok(())
}
