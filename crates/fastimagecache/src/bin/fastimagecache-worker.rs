//! A worker for programs that cannot become one themselves, because their `main` is not their own: see
//! `fastimagecache::isolate::Builder::program`. Started by hand it does nothing.

use std::process::ExitCode;

fn main() -> ExitCode {
    fastimagecache::isolate::run_if_worker();
    ExitCode::from(2)
}
