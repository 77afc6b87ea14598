//! An observer around one stage: a span, and the time it took. It sees what goes in and whether something came out,
//! and changes neither.

use std::time::Instant;

use fic_core::{Budget, Error, Format, Stage};
use tracing::field::Empty;
use tracing::{Level, Span, span};

use crate::measured::{self, Measured};
use crate::{TARGET, metric};

/// What is known of a stage before it runs.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Task {
    stage: Stage,
    format: Option<Format>,
    pixels: Option<u64>,
    work: Option<u64>,
}

impl Task {
    /// That stage.
    pub const fn of(stage: Stage) -> Task {
        Task { stage, format: None, pixels: None, work: None }
    }

    /// On a picture of that format.
    pub const fn format(mut self, format: Format) -> Task {
        self.format = Some(format);
        self
    }

    /// With a picture of that size before it.
    pub const fn size(mut self, width: u32, height: u32) -> Task {
        // Both are below 2^32.
        self.pixels = Some((width as u64).saturating_mul(height as u64));
        self
    }

    /// For which admission predicted that many work units.
    pub const fn work(mut self, units: u64) -> Task {
        self.work = Some(units);
        self
    }
}

/// Where a stage ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In this process.
    Process,
    /// In a worker, whose word it is.
    Worker,
}

impl Place {
    /// The lower-case name for logs and metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Place::Process => "process",
            Place::Worker => "worker",
        }
    }
}

/// Runs `work` as that stage. Without a subscriber that wants spans, without a recorder, and where nobody asked for it to
/// be [`measured`](crate::measured()), that is all it does.
///
/// # Errors
/// Those of `work`.
#[inline]
pub fn observed<T>(
    task: Task,
    budget: Option<&Budget>,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let span = span_of(task, Place::Process);
    if span.is_disabled() && !metric::is_on() && !measured::is_on() {
        return work();
    }
    let observer = Observer { span, task, begun: Instant::now() };
    let result = observer.span.in_scope(work);
    observer.end(budget, result.as_ref().err());
    result
}

impl Measured {
    /// Tells of a stage of a worker, in the span of its call: by the same span and the same histogram as of one that
    /// ran here, marked as a worker's word. The span is over as it begins; its `ms` is what the worker said.
    pub fn tell(&self) {
        let Measured { stage, format, pixels, work, .. } = *self;
        told(&span_of(Task { stage, format, pixels, work }, Place::Worker), self, Place::Worker);
    }
}

#[inline]
fn span_of(task: Task, place: Place) -> Span {
    span!(
        target: TARGET,
        Level::DEBUG,
        "stage",
        stage = task.stage.name(),
        place = place.name(),
        format = task.format.map(Format::name),
        pixels = task.pixels,
        work = task.work,
        heap = Empty,
        ms = Empty,
        outcome = Empty,
    )
}

/// The end of the stage, apart from the many types that stages return.
struct Observer {
    span: Span,
    task: Task,
    begun: Instant,
}

impl Observer {
    fn end(self, budget: Option<&Budget>, error: Option<&Error>) {
        let took = self.begun.elapsed();
        let Task { stage, format, pixels, work } = self.task;
        let heap = budget.map(Budget::peak_bytes);
        let outcome = error.map_or(Measured::OK, |error| error.kind().name());
        let stage = Measured { stage, format, pixels, work, heap, took, outcome };
        measured::note(stage);
        told(&self.span, &stage, Place::Process);
    }
}

fn told(span: &Span, stage: &Measured, place: Place) {
    metric::stage(stage.stage, place, stage.took);
    span.record("heap", stage.heap);
    span.record("ms", stage.took.as_secs_f64() * 1000.0);
    span.record("outcome", stage.outcome);
}
