//! `--limits` and the command that prints what it means.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use fastimagecache::{Policy, Truncated};

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
    Ok(if arguments.accept_truncated { named.with_truncated(Truncated::Accept) } else { named })
}

/// Prints the policy as TOML.
pub(crate) fn run(arguments: &PolicyArguments) -> Result<Tally, Failure> {
    let text = policy(arguments)?.to_toml();
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|e| Failure::io(Path::new("-"), "writing the output failed", e))?;
    Ok(Tally::default())
}
