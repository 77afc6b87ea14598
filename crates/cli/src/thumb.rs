//! `thumb`: many files, several at once; a failure is listed at the end and stops nothing. What is in the cache
//! is not read.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fastimagecache::cache::{Content, Origin, SourceId};
use fastimagecache::{
    Cached, CachedThumbnailer, Error, FindingKind, Findings, Kind, Recipe, Stage, Thumbnailer, Upload,
    read_upload,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::arguments::ThumbArguments;
use crate::cache;
use crate::escape::printable;
use crate::failure::{Failure, Tally, label};
use crate::inputs::{self, Input, is_stream};
use crate::limits;
use crate::log;
use crate::outputs::Destination;

/// Makes all thumbnails that `arguments` ask for.
pub(crate) fn run(arguments: &ThumbArguments) -> Result<Tally, Failure> {
    let thumbnailer = limits::thumbnailer(&arguments.policy, arguments.jobs)?;
    let outputs: Vec<_> = [Some(&arguments.output), arguments.cache.cache.as_ref()]
        .into_iter()
        .flatten()
        .map(AsRef::as_ref)
        .collect();
    let (inputs, failures) = inputs::collect(&arguments.inputs, &outputs);
    let has_folder = arguments.inputs.iter().any(|input| input.is_dir());
    let destination = Destination::new(&arguments.output, &inputs, has_folder);
    if matches!(destination, Destination::Stream) && inputs.len() > 1 {
        let what = "standard output takes one picture: name a folder with --output for several";
        return Err(Failure::call(Error::new(Kind::Misuse, Stage::Encode, what)));
    }
    let recipe = arguments.recipe.recipe(destination.output_by_name());
    let maker = match &arguments.cache.cache {
        None => Maker::Plain(thumbnailer),
        Some(root) => Maker::Cached(thumbnailer.with_cache(cache::open(root, &arguments.cache.room)?)),
    };
    let work = Work::new(maker, recipe, Some(destination), arguments.quiet);
    Ok(work.tell(&inputs, arguments.jobs, failures))
}

/// What tells a file's format: its first bytes.
const HEAD_BYTES: u64 = 64;

/// What makes the thumbnails, or has them.
pub(crate) enum Maker {
    Cached(CachedThumbnailer),
    Plain(Thumbnailer),
}

/// Thumbnails of many files, for a destination or for a cache alone.
pub(crate) struct Work {
    maker: Maker,
    recipe: Recipe,
    destination: Option<Destination>,
    quiet: bool,
    hits: AtomicUsize,
}

impl Work {
    pub(crate) fn new(maker: Maker, recipe: Recipe, destination: Option<Destination>, quiet: bool) -> Work {
        let quiet = quiet || log::is_on();
        Work { maker, recipe, destination, quiet, hits: AtomicUsize::new(0) }
    }

    /// Does it all, then tells what failed and how many were made.
    pub(crate) fn tell(&self, inputs: &[Input], jobs: Option<NonZeroUsize>, failures: Vec<Failure>) -> Tally {
        let tally = self.all(inputs, jobs, failures);
        for failure in &tally.failures {
            failure.print();
        }
        if inputs.len() > 1 && !self.quiet {
            let hits = self.hits.load(Ordering::Relaxed);
            let from_cache = match self.maker {
                Maker::Cached(_) => format!(", {hits} from the cache"),
                Maker::Plain(_) => String::new(),
            };
            let made = tally.done.saturating_sub(hits);
            let _ = writeln!(io::stderr(), "{made} made{from_cache}, {} failed", tally.failures.len());
        }
        tally
    }

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
        match &self.maker {
            Maker::Plain(thumbnailer) => self.plain(thumbnailer, input, bar),
            Maker::Cached(thumbnailer) => self.cached(thumbnailer, input, bar),
        }
    }

    fn plain(&self, thumbnailer: &Thumbnailer, input: &Input, bar: &ProgressBar) -> Result<(), Failure> {
        let bytes = inputs::read(&input.path, &thumbnailer.policy().limits)?;
        let (name, label) = (input.path.to_string_lossy(), label(&input.path));
        let thumb = thumbnailer
            .thumbnail(upload(input, &bytes, &name, &label), &self.recipe)
            .map_err(|error| Failure::told(&input.path, error))?;
        self.note(input, &thumb.report.findings, bar);
        self.store(input, thumb.format, &thumb.bytes)
    }

    /// From the cache, where a file is known by its place, length and times; standard input by its bytes.
    fn cached(&self, cached: &CachedThumbnailer, input: &Input, bar: &ProgressBar) -> Result<(), Failure> {
        let limits = &cached.thumbnailer().policy().limits;
        let (name, label) = (input.path.to_string_lossy(), label(&input.path));
        let thumb = if is_stream(&input.path) {
            cached.thumbnail_of(&inputs::read(&input.path, limits)?, &self.recipe)
        } else {
            let unreadable = |e| Failure::io(&input.path, "opening the file failed", e);
            let file = File::open(&input.path).map_err(unreadable)?;
            let source = SourceId::of_file(&file).map_err(unreadable)?;
            // A hit does not read the file; its name is judged all the same.
            let mut head = Vec::new();
            (&file).take(HEAD_BYTES).read_to_end(&mut head).map_err(unreadable)?;
            let labelled = upload(input, &head, &name, &label);
            cached.thumbnailer().check_labels(labelled).map_err(|error| Failure::told(&input.path, error))?;
            cached.thumbnail(source, &self.recipe, |making| {
                let bytes = read_upload(head.as_slice().chain(file), limits)?;
                making.upload(upload(input, &bytes, &name, &label))
            })
        };
        let Cached { entry, origin, report, .. } =
            thumb.map_err(|error| Failure::told(&input.path, error))?;
        match origin {
            Origin::Uncached(why) => self.say(input, &format!("it is not kept in the cache: {why}"), bar),
            Origin::Made => {}
            _ => _ = self.hits.fetch_add(1, Ordering::Relaxed),
        }
        if let Some(report) = report {
            self.note(input, &report.findings, bar);
        }
        match entry.content() {
            Content::Encoded(format) => self.store(input, format, entry.payload()),
            Content::Pixels(_) => Ok(()),
        }
    }

    fn store(&self, input: &Input, format: fastimagecache::Format, bytes: &[u8]) -> Result<(), Failure> {
        self.destination.as_ref().map_or(Ok(()), |destination| destination.store(input, format, bytes))
    }

    /// Tells of findings that an operator would want to look into.
    fn note(&self, input: &Input, findings: &Findings, bar: &ProgressBar) {
        for finding in findings.iter() {
            let Some(phrase) = worth_a_note(finding.kind) else { continue };
            self.say(input, phrase, bar);
        }
    }

    fn say(&self, input: &Input, phrase: &str, bar: &ProgressBar) {
        if !self.quiet {
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

fn upload<'a>(input: &Input, bytes: &'a [u8], name: &'a str, label: &'a str) -> Upload<'a> {
    let upload = Upload::new(bytes);
    if is_stream(&input.path) { upload } else { upload.with_file_name(name).with_source(label) }
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
