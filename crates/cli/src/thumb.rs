//! `thumb`: many files, several at once; a failure is listed at the end and stops nothing.

use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fastimagecache::{Error, FindingKind, Findings, Kind, Recipe, Stage, Thumbnailer, Upload};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::arguments::ThumbArguments;
use crate::escape::printable;
use crate::failure::{Failure, Tally};
use crate::inputs::{self, Input, is_stream};
use crate::limits;
use crate::outputs::Destination;

/// Makes all thumbnails that `arguments` ask for.
pub(crate) fn run(arguments: &ThumbArguments) -> Result<Tally, Failure> {
    let policy = limits::policy(&arguments.policy)?;
    let (inputs, failures) = inputs::collect(&arguments.inputs, &arguments.output);
    let has_folder = arguments.inputs.iter().any(|input| input.is_dir());
    let destination = Destination::new(&arguments.output, &inputs, has_folder);
    if matches!(destination, Destination::Stream) && inputs.len() > 1 {
        let what = "standard output takes one picture: name a folder with --output for several";
        return Err(Failure::call(Error::new(Kind::Misuse, Stage::Encode, what)));
    }
    let recipe = arguments.recipe(destination.output_by_name());
    let work = Work { thumbnailer: Thumbnailer::new(policy), recipe, destination, quiet: arguments.quiet };
    let tally = work.all(&inputs, arguments.jobs, failures);
    let summary = inputs.len() > 1 && !arguments.quiet;
    for failure in &tally.failures {
        failure.print();
    }
    if summary {
        let _ = writeln!(io::stderr(), "{} made, {} failed", tally.done, tally.failures.len());
    }
    Ok(tally)
}

struct Work {
    thumbnailer: Thumbnailer,
    recipe: Recipe,
    destination: Destination,
    quiet: bool,
}

impl Work {
    /// Every input on `jobs` threads; failures in the order of the inputs.
    fn all(&self, inputs: &[Input], jobs: Option<NonZeroUsize>, failures: Vec<Failure>) -> Tally {
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let jobs = jobs.unwrap_or(cores).get().min(inputs.len().max(1));
        let bar = self.progress(inputs.len());
        let next = AtomicUsize::new(0);
        let failed: Mutex<Vec<(usize, Failure)>> = Mutex::new(Vec::new());
        let done = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    while let Some((at, input)) = take(inputs, &next) {
                        match self.one(input, &bar) {
                            Ok(()) => _ = done.fetch_add(1, Ordering::Relaxed),
                            Err(failure) => {
                                failed.lock().unwrap_or_else(|held| held.into_inner()).push((at, failure));
                            }
                        }
                        bar.inc(1);
                    }
                });
            }
        });
        bar.finish_and_clear();
        let mut failed = failed.into_inner().unwrap_or_else(|held| held.into_inner());
        failed.sort_by_key(|(at, _)| *at);
        let failures = failures.into_iter().chain(failed.into_iter().map(|(_, failure)| failure)).collect();
        Tally { done: done.into_inner(), failures }
    }

    fn one(&self, input: &Input, bar: &ProgressBar) -> Result<(), Failure> {
        let bytes = inputs::read(&input.path, &self.thumbnailer.policy().limits)?;
        let name = input.path.to_string_lossy();
        let mut upload = Upload::new(&bytes);
        if !is_stream(&input.path) {
            upload = upload.with_file_name(&name);
        }
        let thumb = self
            .thumbnailer
            .thumbnail(upload, &self.recipe)
            .map_err(|error| Failure::of(&input.path, error))?;
        if !self.quiet {
            self.note(input, &thumb.report.findings, bar);
        }
        self.destination.store(input, thumb.format, &thumb.bytes)
    }

    /// Tells of findings that an operator would want to look into.
    fn note(&self, input: &Input, findings: &Findings, bar: &ProgressBar) {
        for finding in findings.iter() {
            let Some(phrase) = worth_a_note(finding.kind) else { continue };
            let line = format!("{}: note: {phrase}", printable(&input.path));
            bar.suspend(|| _ = writeln!(io::stderr(), "{line}"));
        }
    }

    fn progress(&self, inputs: usize) -> ProgressBar {
        let wanted = inputs > 1 && !self.quiet && io::stderr().is_terminal();
        let target = if wanted { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(inputs as u64), target);
        match ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }
}

fn take<'a>(inputs: &'a [Input], next: &AtomicUsize) -> Option<(usize, &'a Input)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    inputs.get(at).map(|input| (at, input))
}

fn worth_a_note(kind: FindingKind) -> Option<&'static str> {
    Some(match kind {
        FindingKind::ExtensionMismatch => "the name's extension is not what the bytes are",
        FindingKind::IccIgnored => "the colour profile is not usable and was ignored",
        FindingKind::Polyglot => "the file is something else too; the thumbnail is not",
        FindingKind::TruncatedPixels => "the picture ends early; the missing rows are filled in",
        _ => return None,
    })
}
