//! Where the work is done: in this process, or in a worker that is confined.

use fic_core::{FindingKind, Findings, Incident};
use fic_trail::Watched;

use crate::guard::guarded;
use crate::pipeline::{self, examine};
use crate::policy::Isolation;
use crate::report::{Pixels, Thumbnail};
use crate::{Error, Inspection, Policy, Recipe, Thumbnailer, Upload};

/// An encoded thumbnail.
pub(crate) fn thumbnail(
    thumbnailer: &Thumbnailer,
    upload: &Upload<'_>,
    recipe: &Recipe,
    watched: Watched,
) -> Result<Thumbnail, Error> {
    match place(thumbnailer, upload, watched)? {
        Place::Here => {
            guarded(|| pipeline::thumbnail(thumbnailer.policy(), thumbnailer.scratch(), upload, recipe))
        }
        #[cfg(feature = "isolate")]
        Place::Worker(workers, watched) => workers.thumbnail(thumbnailer.policy(), upload, recipe, watched),
    }
}

/// Pixels.
pub(crate) fn pixels(
    thumbnailer: &Thumbnailer,
    upload: &Upload<'_>,
    recipe: &Recipe,
    watched: Watched,
) -> Result<Pixels, Error> {
    match place(thumbnailer, upload, watched)? {
        Place::Here => {
            guarded(|| pipeline::pixels(thumbnailer.policy(), thumbnailer.scratch(), upload, recipe))
        }
        #[cfg(feature = "isolate")]
        Place::Worker(workers, watched) => workers.pixels(thumbnailer.policy(), upload, recipe, watched),
    }
}

/// An inspection. Nothing is decoded for it, so a suspicious file is inspected here.
pub(crate) fn inspect(
    thumbnailer: &Thumbnailer,
    upload: &Upload<'_>,
    watched: Watched,
) -> Result<Inspection, Error> {
    let policy = thumbnailer.policy();
    match policy.isolation {
        Isolation::Never | Isolation::WhenSuspicious => guarded(|| Inspection::of(policy, upload)),
        Isolation::Always => match worker(thumbnailer, watched)? {
            Place::Here => guarded(|| Inspection::of(policy, upload)),
            #[cfg(feature = "isolate")]
            Place::Worker(workers, watched) => workers.inspect(policy, upload, watched),
        },
    }
}

enum Place<'a> {
    Here,
    #[cfg(feature = "isolate")]
    Worker(&'a crate::isolate::Workers, Watched),
    #[cfg(not(feature = "isolate"))]
    #[allow(dead_code, reason = "keeps the lifetime where there are no workers")]
    Nowhere(std::convert::Infallible, std::marker::PhantomData<&'a ()>),
}

fn place<'a>(
    thumbnailer: &'a Thumbnailer,
    upload: &Upload<'_>,
    watched: Watched,
) -> Result<Place<'a>, Error> {
    match thumbnailer.policy().isolation {
        Isolation::Never => Ok(Place::Here),
        Isolation::WhenSuspicious if !is_suspicious(thumbnailer.policy(), upload) => Ok(Place::Here),
        Isolation::Always | Isolation::WhenSuspicious => worker(thumbnailer, watched),
    }
}

/// A policy that asks for isolation is not met without.
#[cfg(feature = "isolate")]
fn worker(thumbnailer: &Thumbnailer, watched: Watched) -> Result<Place<'_>, Error> {
    let workers = thumbnailer.workers.as_ref();
    workers
        .map(|workers| Place::Worker(workers, watched))
        .ok_or_else(|| Error::isolation(Incident::Unavailable))
}

#[cfg(not(feature = "isolate"))]
fn worker(_: &Thumbnailer, _: Watched) -> Result<Place<'_>, Error> {
    Err(Error::isolation(Incident::Unavailable))
}

/// Whether the outline, which is our own code under its own bounds, has seen what an honest program does not write.
/// What has no outline is refused before any decoder sees it.
fn is_suspicious(policy: &Policy, upload: &Upload<'_>) -> bool {
    guarded(|| examine(policy, upload))
        .is_ok_and(|examined| is_odd(&examined.findings) || is_odd(&examined.outline.header().findings))
}

/// Whether there is a finding that ordinary cameras and programs do not cause.
fn is_odd(findings: &Findings) -> bool {
    findings.iter().any(|finding| {
        !matches!(finding.kind, FindingKind::Animation | FindingKind::EmbeddedPicture | FindingKind::Metadata)
    })
}
