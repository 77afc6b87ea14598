//! `--limits` and the command that prints what it means.

use std::fs;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;

use fastimagecache::{Isolated, Isolation, Policy, Thumbnailer, Truncated};

use crate::arguments::PolicyArguments;
use crate::failure::{Failure, Tally};

/// The policy that the arguments name: a preset, or a file.
pub(crate) fn policy(arguments: &PolicyArguments) -> Result<Policy, Failure> {
    let named = match Policy::preset(&arguments.limits) {
        Some(preset) => preset,
        None => {
            let path = Path::new(&arguments.limits);
            let text = fs::read_to_string(path).map_err(|e| {
                Failure::io(
                    path,
                    "neither a preset (untrusted, strict_avatar, trusted) nor a readable file",
                    e,
                )
            })?;
            Policy::from_toml(&text).map_err(|error| Failure::of(path, error))?
        }
    };
    let named = if arguments.accept_truncated { named.with_truncated(Truncated::Accept) } else { named };
    Ok(match arguments.isolate {
        Some(isolate) => named.with_isolation(isolate.isolation()),
        None => named,
    })
}

/// What makes pictures under the policy that the arguments name, so many at once: in workers where it says so.
pub(crate) fn thumbnailer(
    arguments: &PolicyArguments,
    jobs: Option<NonZeroUsize>,
) -> Result<Thumbnailer, Failure> {
    let policy = policy(arguments)?;
    if policy.isolation == Isolation::Never {
        return Ok(Thumbnailer::new(policy));
    }
    let jobs = jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let isolated = Isolated::builder().policy(policy).workers(jobs).build().map_err(Failure::call)?;
    Ok(isolated.thumbnailer().clone())
}

/// Prints the policy as TOML.
pub(crate) fn run(arguments: &PolicyArguments) -> Result<Tally, Failure> {
    let text = policy(arguments)?.to_toml();
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|e| Failure::io(Path::new("-"), "writing the output failed", e))?;
    Ok(Tally::default())
}
