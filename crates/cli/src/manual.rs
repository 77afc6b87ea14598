//! The manual page and the shells' completions, made from the argument definitions.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;

use crate::arguments::Arguments;
use crate::failure::{Failure, Tally};

/// Prints the manual page as roff.
pub(crate) fn page() -> Result<Tally, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page).map_err(failed)?;
    print(&page)
}

/// Prints the completion script for `shell`.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<Tally, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "fastimagecache", &mut script);
    print(&script)
}

fn print(bytes: &[u8]) -> Result<Tally, Failure> {
    io::stdout().write_all(bytes).map_err(failed)?;
    Ok(Tally::default())
}

fn failed(e: io::Error) -> Failure {
    Failure::io(Path::new("-"), "writing the output failed", e)
}
