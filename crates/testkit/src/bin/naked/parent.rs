//! Runs every sample through its decoders, a child process each, and ends those that do not come back.

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use fic_testkit::samples;

use crate::machine::peak_kib;
use crate::outcome::{Outcome, Verdict};
use crate::{child, decoders};

/// One sample in one bare decoder and in the stack.
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) name: String,
    pub(crate) file_bytes: usize,
    pub(crate) decoder: &'static str,
    pub(crate) naked: Outcome,
    pub(crate) gated: Outcome,
}

/// A child is measured this many times: the least time and the greatest memory count.
const RUNS: usize = 3;
/// Wall time after which a child is ended, on a machine that others load too.
const DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(2);
const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

/// Every sample that starts like a picture, in the order of the ids.
pub(crate) fn measure_all() -> Vec<Row> {
    let folder = std::env::temp_dir().join(format!("fic-naked-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the samples");
    let mut rows = Vec::new();
    for sample in samples::all() {
        let bytes = sample.bytes();
        let bare = decoders::of_format(&bytes);
        if bare.is_empty() {
            continue;
        }
        let path = folder.join("sample");
        fs::write(&path, &bytes).expect("a sample is written");
        let gated = measure(decoders::STACK, &path);
        for decoder in bare {
            let naked = measure(decoder, &path);
            eprintln!("{} {decoder}: {naked:?} {gated:?}", sample.name);
            let (name, file_bytes) = (sample.name.clone(), bytes.len());
            rows.push(Row { id: sample.id, name, file_bytes, decoder, naked, gated: gated.clone() });
        }
    }
    fs::remove_dir_all(&folder).expect("the folder goes again");
    rows.sort_by_key(|row| row.id);
    rows
}

fn measure(decoder: &str, path: &Path) -> Outcome {
    let first = once(decoder, path);
    (1..RUNS).fold(first, |known, _| match known.verdict {
        Verdict::Timeout => known,
        _ => known.and_again(once(decoder, path)),
    })
}

/// One child, from start to end.
fn once(decoder: &str, path: &Path) -> Outcome {
    let binary = std::env::current_exe().expect("the path of this binary");
    let mut process = Command::new(binary)
        .args([child::ARGUMENT, decoder])
        .arg(path)
        // A backtrace of an abort would read all of the debug information.
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child starts");
    let (status, peak_kib) = wait(&mut process);
    let (mut said, mut complained) = (String::new(), String::new());
    process.stdout.take().expect("piped").read_to_string(&mut said).expect("UTF-8");
    process.stderr.take().expect("piped").read_to_string(&mut complained).expect("UTF-8");
    ended_well(&said).unwrap_or_else(|| ended_early(status, &said, &complained, peak_kib))
}

/// The exit status, and the greatest peak that was seen.
fn wait(process: &mut Child) -> (ExitStatus, u64) {
    let start = Instant::now();
    let id = process.id().to_string();
    let mut peak = 0;
    loop {
        if let Some(status) = process.try_wait().expect("a child can be waited for") {
            return (status, peak);
        }
        peak = peak_kib(&id).unwrap_or(peak);
        if start.elapsed() > DEADLINE {
            process.kill().expect("a child can be ended");
        }
        std::thread::sleep(POLL);
    }
}

fn ended_well(said: &str) -> Option<Outcome> {
    let line = said.lines().find(|line| line.starts_with("end\t"))?;
    let [_, ms, peak, word, text] = line.split('\t').collect::<Vec<_>>()[..] else { return None };
    let peak: u64 = peak.parse().ok()?;
    Some(Outcome {
        verdict: Verdict::from_words(word, text),
        ms: ms.parse().ok()?,
        mib: mib(peak.saturating_sub(started_at(said))),
        asked_mib: None,
    })
}

fn ended_early(status: ExitStatus, said: &str, complained: &str, peak_kib: u64) -> Outcome {
    let verdict = match status.signal() {
        Some(SIGABRT) => Verdict::OutOfMemory,
        Some(SIGKILL | SIGXCPU) => Verdict::Timeout,
        _ => Verdict::Died(status.to_string()),
    };
    let ms = if verdict == Verdict::Timeout { (child::SECONDS * 1_000) as f64 } else { 0.0 };
    Outcome { verdict, ms, mib: mib(peak_kib.saturating_sub(started_at(said))), asked_mib: asked(complained) }
}

fn started_at(said: &str) -> u64 {
    said.lines().find_map(|line| line.strip_prefix("start\t")?.parse().ok()).unwrap_or(0)
}

/// "memory allocation of N bytes failed", as the standard library says it.
fn asked(complained: &str) -> Option<f64> {
    let bytes: u64 = complained.split("memory allocation of ").nth(1)?.split(' ').next()?.parse().ok()?;
    Some(bytes as f64 / f64::from(1 << 20))
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
