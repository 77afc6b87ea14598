//! What the hostile files do to bare decoders, and to this stack: `corpus/REPORT.md` and `corpus/report.svg`.
//!
//! `cargo run --release -p fic-testkit --features naked --bin naked` gives every hostile sample to the bare
//! decoder of its format at its defaults, and to `Thumbnailer::new(Policy::untrusted())`. Each run is a process
//! of its own that takes 2 GiB of address space and 10 s of processor time at most. Linux only.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "a tool for developers")]

#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod decoders;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(target_os = "linux")]
mod outcome;
#[cfg(target_os = "linux")]
mod parent;
#[cfg(target_os = "linux")]
mod picture;
#[cfg(target_os = "linux")]
mod report;

#[cfg(target_os = "linux")]
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [child::ARGUMENT, decoder, path] => child::run(decoder, path),
        [] => {
            let rows = parent::measure_all();
            let folder = fic_testkit::valid::corpus();
            let text = report::markdown(&rows);
            std::fs::write(folder.join("REPORT.md"), text).expect("corpus/REPORT.md is written");
            std::fs::write(folder.join("report.svg"), picture::svg(&rows))
                .expect("corpus/report.svg is written");
        }
        _ => eprintln!("usage: naked"),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("limits on processes are set as Linux has them");
}
