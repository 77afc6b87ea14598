//! An observer around one stage: a span, and the time it took. It sees what goes in and whether something came out,
//! and changes neither.

use std::time::Instant;

use fic_core::{Budget, Error, Format, Stage};
use tracing::field::Empty;
use tracing::{Level, Span, span};

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

/// Runs `work` as that stage. Without a subscriber that wants spans, and without a recorder, that is all it does.
///
/// # Errors
/// Those of `work`.
#[inline]
pub fn observed<T>(
    task: Task,
    budget: Option<&Budget>,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let span = span!(
        target: TARGET,
        Level::DEBUG,
        "stage",
        stage = task.stage.name(),
        format = task.format.map(Format::name),
        pixels = task.pixels,
        work = task.work,
        heap = Empty,
        ms = Empty,
        outcome = Empty,
    );
    if span.is_disabled() && !metric::is_on() {
        return work();
    }
    let observer = Observer { span, stage: task.stage, begun: Instant::now() };
    let result = observer.span.in_scope(work);
    observer.end(budget, result.as_ref().err());
    result
}

/// The end of the stage, apart from the many types that stages return.
struct Observer {
    span: Span,
    stage: Stage,
    begun: Instant,
}

impl Observer {
    fn end(self, budget: Option<&Budget>, error: Option<&Error>) {
        let took = self.begun.elapsed();
        metric::stage(self.stage, took);
        if let Some(budget) = budget {
            self.span.record("heap", budget.peak_bytes());
        }
        self.span.record("ms", took.as_secs_f64() * 1000.0);
        self.span.record("outcome", error.map_or("ok", |error| error.kind().name()));
    }
}
