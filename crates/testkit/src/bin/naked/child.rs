//! One decoder over one file, in a process that has limited itself first.

#![allow(clippy::print_stdout, reason = "this is how a child talks")]

use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::decoders;
use crate::machine::peak_kib;
use crate::outcome::Verdict;

/// Says to the binary that it is a child: then come the decoder and the file.
pub(crate) const ARGUMENT: &str = "--child";
/// Address space of a child.
pub(crate) const MEMORY_BYTES: u64 = 2 << 30;
/// Processor time of a child.
pub(crate) const SECONDS: u64 = 10;

/// Prints `start KIB`, does the work, prints `end MS KIB VERDICT TEXT`, with tabs between.
pub(crate) fn run(decoder: &str, path: &str) {
    limit(Resource::As, MEMORY_BYTES, MEMORY_BYTES);
    limit(Resource::Cpu, SECONDS, SECONDS + 1);
    let bytes = std::fs::read(path).expect("the sample is read");
    // Sets the peak back to what is resident now; where that is not allowed the start is subtracted all the same.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    println!("start\t{}", peak_kib("self").unwrap_or(0));
    std::io::stdout().flush().expect("the parent listens");
    let (start, processor_start) = (Instant::now(), processor_ms());
    let verdict = caught(|| decoders::run(decoder, &bytes));
    let ms = elapsed_ms(start, processor_start);
    println!("end\t{ms}\t{}\t{}", peak_kib("self").unwrap_or(0), verdict.to_line());
}

fn limit(resource: Resource, soft: u64, hard: u64) {
    setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) }).expect("a limit is set");
}

/// Wall time while it is short, as the processor's clock is coarse; processor time after that, as others use the
/// machine too.
fn elapsed_ms(start: Instant, processor_start: f64) -> f64 {
    let wall = start.elapsed().as_secs_f64() * 1e3;
    if wall <= 20.0 { wall } else { processor_ms() - processor_start }
}

fn processor_ms() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 * 1e3 + now.tv_nsec as f64 / 1e6
}

/// Where the panic was goes into the verdict.
fn caught(work: impl FnOnce() -> Verdict) -> Verdict {
    let place = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&place);
    panic::set_hook(Box::new(move |info| {
        let at = info.location().map(|at| format!("{}:{}", short(at.file()), at.line())).unwrap_or_default();
        if let Ok(mut place) = noted.lock() {
            *place = at;
        }
    }));
    panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Verdict::Panic(place.lock().map(|place| place.clone()).unwrap_or_default()))
}

/// The path from the crate's folder on.
fn short(file: &str) -> String {
    let parts: Vec<&str> = file.split('/').collect();
    let source = parts.iter().rposition(|part| *part == "src").unwrap_or(0);
    parts.get(source.saturating_sub(1)..).unwrap_or_default().join("/")
}
