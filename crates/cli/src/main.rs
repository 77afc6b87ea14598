//! The `fastimagecache` command line: thumbnails of untrusted pictures, and what is inside them.

mod arguments;
mod cache;
mod doctor;
mod escape;
mod failure;
mod inputs;
mod inspect;
mod limits;
mod log;
mod manual;
mod outputs;
mod thumb;
mod warm;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;

fn main() -> ExitCode {
    // In a worker this does not return; nothing may come before it.
    fastimagecache::isolate::run_if_worker();
    let arguments = Arguments::parse();
    log::start(&arguments.log);
    let result = match arguments.command {
        Command::Cache(command) => cache::run(&command),
        Command::Completions { shell } => manual::completions(shell),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Limits(policy) => limits::run(&policy),
        Command::Man => manual::page(),
        Command::Thumb(arguments) => thumb::run(&arguments),
        Command::Warm(arguments) => warm::run(&arguments),
    };
    match result {
        Ok(tally) => tally.exit_code(),
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}
