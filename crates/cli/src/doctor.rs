//! `doctor`: what confines a worker on this machine, and whether forbidden things are denied to one.

use std::io::{self, Write};
use std::path::Path;

use fastimagecache::isolate::{Guard, Isolated, Posture};
use fastimagecache::{Error, Incident};
use serde_json::{Map, Value, json};

use crate::arguments::DoctorArguments;
use crate::failure::{Failure, Tally};

/// One forbidden thing and what came of it.
struct Tried {
    name: &'static str,
    what: &'static str,
    verdict: String,
    is_denied: bool,
}

/// Prints the posture and the attempts. It is a failure where anything is missing or is not denied.
pub(crate) fn run(arguments: &DoctorArguments) -> Result<Tally, Failure> {
    let isolated = Isolated::builder().workers(1).require(Posture::none()).build().map_err(Failure::call)?;
    let posture = isolated.posture().map_err(Failure::call)?;
    let tried = attempts(&isolated);
    let text = if arguments.json { as_json(&posture, &tried) } else { as_table(&posture, &tried) };
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|e| Failure::io(Path::new("-"), "writing the output failed", e))?;
    let is_whole = posture.missing(&Posture::full()).is_empty();
    if is_whole && tried.iter().all(|tried| tried.is_denied) {
        Ok(Tally::default())
    } else {
        Err(Failure::call(Error::isolation(Incident::Unconfined)))
    }
}

#[cfg(target_os = "linux")]
fn attempts(isolated: &Isolated) -> Vec<Tried> {
    use fastimagecache::isolate::{Attempt, Outcome};
    let each = |attempt: Attempt| {
        let (verdict, is_denied) = match isolated.attempt(attempt) {
            Ok(Outcome::Allowed) => ("NOT DENIED".to_owned(), false),
            Ok(Outcome::Denied { errno: 0 }) => ("denied".to_owned(), true),
            Ok(Outcome::Denied { errno }) => {
                (format!("denied ({})", io::Error::from_raw_os_error(errno)), true)
            }
            Ok(Outcome::Killed) => ("killed".to_owned(), true),
            Err(error) => (format!("not tried: {error}"), false),
        };
        Tried { name: attempt.name(), what: attempt.what(), verdict, is_denied }
    };
    Attempt::ALL.into_iter().map(each).collect()
}

#[cfg(not(target_os = "linux"))]
fn attempts(_: &Isolated) -> Vec<Tried> {
    Vec::new()
}

fn kernel() -> String {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{} {} {}", std::env::consts::OS, release.trim(), std::env::consts::ARCH)
}

fn as_table(posture: &Posture, tried: &[Tried]) -> String {
    let mut text = format!("{}\n\nin force in a worker:\n{posture}\ntried from inside a worker:\n", kernel());
    for Tried { what, verdict, .. } in tried {
        text.push_str(&format!("  {what:<22} {verdict}\n"));
    }
    text
}

fn as_json(posture: &Posture, tried: &[Tried]) -> String {
    let guards: Map<String, Value> =
        Guard::ALL.iter().map(|guard| (guard.name().to_owned(), posture.has(*guard).into())).collect();
    let attempts: Map<String, Value> = tried
        .iter()
        .map(|tried| (tried.name.to_owned(), json!({"verdict": tried.verdict, "denied": tried.is_denied})))
        .collect();
    let resources = posture.resources();
    let value = json!({
        "kernel": kernel(),
        "guards": guards,
        "landlock_abi": posture.landlock_abi(),
        "resources": {
            "address_space_bytes": resources.address_space_bytes,
            "core_bytes": resources.core_bytes,
            "cpu_seconds": resources.cpu_seconds,
            "descriptors": resources.descriptors,
            "file_bytes": resources.file_bytes,
            "processes": resources.processes,
        },
        "attempts": attempts,
    });
    format!("{value}\n")
}
