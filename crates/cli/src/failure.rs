//! How failures are told: one line each, and an exit code.

use std::error::Error as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fastimagecache::{Error, Kind, Stage};

use crate::escape::printable;
use crate::log;

/// The exit code where files failed in different ways.
const MIXED: u8 = 20;

/// One failed file, or a failed call (`path` is then empty).
#[derive(Debug)]
pub(crate) struct Failure {
    path: Option<PathBuf>,
    error: Error,
    told: Told,
}

/// Whether an event told of it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Already,
    NotYet,
}

impl Failure {
    pub(crate) fn of(path: &Path, error: Error) -> Failure {
        Failure { path: Some(path.to_owned()), error, told: Told::NotYet }
    }

    /// What a thumbnailer answered or a cache found, which it told of.
    pub(crate) fn told(path: &Path, error: Error) -> Failure {
        Failure { told: Told::Already, ..Failure::of(path, error) }
    }

    pub(crate) fn call(error: Error) -> Failure {
        Failure { path: None, error, told: Told::NotYet }
    }

    /// Reading or writing `path` failed.
    pub(crate) fn io(path: &Path, what: &'static str, source: io::Error) -> Failure {
        Failure::of(path, Error::new(Kind::Io, Stage::Sniff, what).with_source(source))
    }

    /// As in `photo.png: refused: 16384 x 16384 pixels is over max_pixels (100000000)`.
    pub(crate) fn line(&self) -> String {
        let verdict = match self.error.kind() {
            Kind::Limit { .. } | Kind::Refused => "refused",
            kind => kind.name(),
        };
        let mut line = match &self.path {
            Some(path) => format!("{}: {verdict}: {}", printable(path), self.error),
            None => format!("{verdict}: {}", self.error),
        };
        // The operator's own files: the system's reason helps, and tells the operator nothing new.
        if matches!(self.error.kind(), Kind::Io | Kind::Misuse)
            && let Some(source) = self.error.source()
        {
            line.push_str(&format!(": {}", source.to_string().trim_end().replace('\n', "\n  ")));
        }
        line
    }

    /// One line for people; where there is a log, the event instead.
    pub(crate) fn print(&self) {
        if log::is_on() {
            if self.told == Told::NotYet {
                log::tell(&self.error, self.path.as_deref().map(label).as_deref());
            }
            return;
        }
        // Nobody is left to tell where standard error is closed.
        let _ = writeln!(io::stderr(), "{}", self.line());
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.error.kind().exit_code())
    }
}

/// What a file is called in the log: its bare name, never a path.
pub(crate) fn label(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What became of all files of a call.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) done: usize,
    pub(crate) failures: Vec<Failure>,
}

impl Tally {
    pub(crate) fn exit_code(&self) -> ExitCode {
        let mut codes: Vec<u8> =
            self.failures.iter().map(|failure| failure.error.kind().exit_code()).collect();
        codes.dedup();
        match codes.as_slice() {
            [] => ExitCode::SUCCESS,
            [one] => ExitCode::from(*one),
            _ => ExitCode::from(MIXED),
        }
    }
}
