//! An observer around one call: the span that the stages lie in, one event if it fails, and the counts.

use std::time::Instant;

use fic_core::{Cost, Error, Findings, Format};
use tracing::field::Empty;
use tracing::{Level, Span, span};

use crate::emit::{Told, tell};
use crate::offenders::Offenders;
use crate::{Label, TARGET, metric};

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// What an upload is, without decoding it.
    Inspect,
    /// Pixels.
    Pixels,
    /// An encoded thumbnail.
    Thumbnail,
}

impl Operation {
    /// The lower-case name for logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Operation::Inspect => "inspect",
            Operation::Pixels => "pixels",
            Operation::Thumbnail => "thumbnail",
        }
    }
}

/// Whether a failure is that of work that was done, or the memory of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// The work was done and failed.
    No,
    /// The same failed a short while ago, or for somebody else just now.
    Yes,
}

/// Whether anybody wants to know what the stages of a call were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// Nobody.
    No,
    /// A subscriber that wants the span of the call, or a recorder.
    Yes,
}

/// Whose upload it is, as far as that is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// The bytes; `None` where they were not read, as for a failure that is remembered.
    pub upload: Option<&'a [u8]>,
    /// The caller's label of the source.
    pub source: Option<&'a str>,
    /// No digest is made of a longer upload: the limit on its length.
    pub digest_at_most: u64,
}

/// What came of a call that succeeded.
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a> {
    /// The format of the upload.
    pub format: Format,
    /// Width and height of the upload.
    pub size: (u32, u32),
    /// What was predicted; `None` where nothing was to be decoded.
    pub predicted: Option<Cost>,
    /// The most heap bytes that were granted at once.
    pub held_bytes: Option<u64>,
    /// What was noticed and forgiven.
    pub findings: &'a Findings,
}

/// One call, from before it starts.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Call<'a> {
    operation: Operation,
    subject: Subject<'a>,
    offenders: Option<&'a Offenders>,
}

impl<'a> Call<'a> {
    /// A call about that upload.
    pub const fn new(operation: Operation, subject: Subject<'a>) -> Call<'a> {
        Call { operation, subject, offenders: None }
    }

    /// Whose refusals are remembered there.
    pub const fn with_offenders(mut self, offenders: Option<&'a Offenders>) -> Call<'a> {
        self.offenders = offenders;
        self
    }

    /// Runs `work`, which is told whether the call is watched; whatever comes of it is counted, and a failure is told by
    /// exactly one event. `summary` says what there is to say of a success.
    ///
    /// # Errors
    /// Those of `work`.
    #[inline]
    pub fn run<T>(
        self,
        work: impl FnOnce(Watched) -> Result<T, Error>,
        summary: impl for<'t> FnOnce(&'t T) -> Summary<'t>,
    ) -> Result<T, Error> {
        let span = span!(
            target: TARGET,
            Level::DEBUG,
            "call",
            operation = self.operation.name(),
            bytes = self.subject.upload.map(|bytes| bytes.len() as u64),
            source = self.subject.source.map(|source| Label(source).to_string()).as_deref(),
            format = Empty,
            pixels = Empty,
            work = Empty,
            heap = Empty,
            ms = Empty,
            findings = Empty,
            outcome = Empty,
        );
        let observes = !span.is_disabled() || metric::is_on();
        if !observes {
            return work(Watched::No).inspect_err(|error| self.failed(error));
        }
        let observer =
            Observer { call: self, span, begun: Instant::now(), _in_flight: metric::InFlight::new() };
        let result = observer.span.in_scope(|| {
            let result = work(Watched::Yes);
            if let Err(error) = &result {
                self.failed(error);
            }
            result
        });
        match &result {
            Ok(made) => observer.succeeded(&summary(made)),
            Err(error) => observer.failed(error),
        }
        result
    }

    /// Tells of a failure that nobody told of yet: of one that is remembered, or of a source that could not be read.
    pub fn failed_before(self, error: &Error, repeated: Repeated) {
        metric::decision_failed(error);
        self.told(error, repeated);
    }

    /// Tells of what failed after a call about the same upload had succeeded: the upload was decided on already, and is not
    /// counted again.
    pub fn failed_after(self, error: &Error) {
        self.told(error, Repeated::No);
    }

    fn failed(self, error: &Error) {
        self.told(error, Repeated::No);
    }

    #[cold]
    fn told(self, error: &Error, repeated: Repeated) {
        tell(&Told {
            upload: self.subject.upload,
            digest_at_most: self.subject.digest_at_most,
            source: self.subject.source,
            operation: Some(self.operation.name()),
            repeated: Some(repeated == Repeated::Yes),
            ..Told::of_error(error)
        });
        if let (Some(offenders), Some(source)) = (self.offenders, self.subject.source) {
            offenders.note(source, error.kind());
        }
    }
}

/// The end of the call, apart from the types that calls return.
struct Observer<'a> {
    call: Call<'a>,
    span: Span,
    begun: Instant,
    _in_flight: metric::InFlight,
}

impl Observer<'_> {
    fn succeeded(&self, made: &Summary<'_>) {
        metric::decision_made(made);
        let (width, height) = made.size;
        self.span.record("format", made.format.name());
        self.span.record("pixels", u64::from(width).saturating_mul(height.into()));
        self.span.record("work", made.predicted.map(|cost| cost.work));
        self.span.record("heap", made.held_bytes);
        if !self.span.is_disabled() && !made.findings.is_empty() {
            let names: Vec<_> = made.findings.iter().map(|finding| finding.kind.name()).collect();
            self.span.record("findings", names.join(","));
        }
        self.ended("ok");
    }

    fn failed(&self, error: &Error) {
        metric::decision_failed(error);
        self.span.record("format", error.format().map(Format::name));
        self.ended(error.kind().name());
    }

    fn ended(&self, outcome: &'static str) {
        let took = self.begun.elapsed();
        metric::call(self.call.operation, took);
        self.span.record("ms", took.as_secs_f64() * 1000.0);
        self.span.record("outcome", outcome);
    }
}

/// A span for a look into a cache; where it came from is noted when it ends.
pub fn cache_look<T>(look: impl FnOnce() -> T, origin: impl FnOnce(&T) -> &'static str) -> T {
    let span = span!(target: TARGET, Level::DEBUG, "stage", stage = "cache", ms = Empty, outcome = Empty);
    if span.is_disabled() {
        let found = look();
        metric::cache_request(origin(&found));
        return found;
    }
    let begun = Instant::now();
    let found = span.in_scope(look);
    let origin = origin(&found);
    metric::cache_request(origin);
    span.record("ms", begun.elapsed().as_secs_f64() * 1000.0);
    span.record("outcome", origin);
    found
}
