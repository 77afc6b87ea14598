//! Our side of the comparison with other libraries, driven by `benches/peers/peers.py`: one picture, one
//! operation, so many times, and a line of JSON for each answer.
//!
//! `fic-peer serve` reads requests as lines of JSON and times them in this process, so that libraries can take
//! turns without a new start for each. `fic-peer once` does one operation in a fresh process and says how far
//! the memory rose over what the process had before. Both check nothing: who asks compares the pixels.

#![allow(clippy::print_stdout, reason = "the answers are what it is for")]

mod memory;
mod operation;
mod serve;

use std::error::Error;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use operation::Operation;

#[derive(Parser)]
#[command(about = "Times fastimagecache for the comparison with other libraries")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests on standard input, one line of JSON each: {"file", "op", "n"}.
    Serve,
    /// Do one operation and print the peak of memory, over the start of the work, in KiB.
    Once {
        /// What to do.
        operation: Operation,
        /// The picture.
        file: PathBuf,
    },
    /// Time one operation and print milliseconds.
    Bench {
        /// What to do.
        operation: Operation,
        /// The picture.
        file: PathBuf,
        /// How many times.
        #[arg(default_value_t = 15)]
        times: u32,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().command {
        Command::Serve => serve::serve(),
        Command::Once { operation, file } => {
            println!("{}", memory::once(&std::fs::read(file)?, operation)?);
            Ok(())
        }
        Command::Bench { operation, file, times } => {
            println!("{}", serve::timed(&std::fs::read(file)?, operation, times)?);
            Ok(())
        }
    }
}
