//! Both ends of a call: the parent that asks a worker, and the worker that does what a [`Thumbnailer`](crate::Thumbnailer) would.

use std::io::Write;
use std::time::{Duration, Instant};

use fic_core::{Cancel, Incident, Kind, Limit, Scratch, Stage};
use fic_isolate::worker::Answer;
use fic_isolate::{
    Attempt, Bounds, Config, Counts, Done, Input, Job, NoAnswer, Outcome, Pool, Posture, worker,
};
use fic_trail::{Measured, Watched, measured};

use super::codec::{Reading, Writing};
use super::request::{Request, Verb};
use super::sheet::{self, Known};
use super::{Builder, answer};
use crate::guard::guarded;
use crate::report::{Pixels, Thumbnail};
use crate::{Error, Inspection, Policy, Recipe, Upload, pipeline};

/// What a worker may take beside what the limits allow a picture: its stack, its tables, its answer.
const ROOM: u64 = 32 << 20;

/// What a worker keeps between pictures.
const SCRATCH: u64 = 16 << 20;

/// How long after `max_wall` a worker is killed: one that stops by itself says at which stage.
const GRACE: Duration = Duration::from_millis(10);

/// The workers of a thumbnailer.
#[derive(Clone, Debug)]
pub(crate) struct Workers(Pool);

/// Where this process was started as a worker, becomes one and never returns; anywhere else, returns at once. To be
/// called first in `main`, before any thread is started.
pub fn run_if_worker() {
    worker::run_if_worker(|| {
        let scratch = Scratch::new(SCRATCH);
        move |request: &[u8], input: &[u8], answer: &mut Answer| work(&scratch, request, input, answer)
    });
}

impl Workers {
    pub(crate) fn start(builder: &Builder) -> Result<Workers, Error> {
        let limits = &builder.policy.limits;
        let wall = limits.max_wall.as_secs().saturating_add(1);
        let bounds = Bounds {
            memory_bytes: limits
                .max_heap_bytes
                .saturating_add(limits.max_input_bytes)
                .saturating_add(SCRATCH + ROOM),
            // Four bytes a pixel; an encoder may need a little more than the pixels for what does not compress.
            output_bytes: limits.max_output_pixels.saturating_mul(5).saturating_add(1 << 20),
            cpu_seconds: wall.saturating_mul(builder.jobs_per_worker.into()),
        };
        let mut config = Config::new(bounds);
        config.workers = builder.workers;
        config.jobs_per_worker = builder.jobs_per_worker;
        config.required = builder.required;
        if let Some(program) = &builder.program {
            config.program.clone_from(program);
        }
        (config.poison_capacity, config.poison_for) = builder.poison;
        Pool::new(config).map(Workers).map_err(Error::isolation)
    }

    pub(crate) fn thumbnail(
        &self,
        policy: &Policy,
        upload: &Upload<'_>,
        recipe: &Recipe,
        watched: Watched,
    ) -> Result<Thumbnail, Error> {
        recipe.check(&policy.limits)?;
        let read = |done: &Done| answer::thumbnail(done, policy, recipe);
        self.ask(Verb::Thumbnail, policy, upload, recipe, watched, read)
    }

    pub(crate) fn pixels(
        &self,
        policy: &Policy,
        upload: &Upload<'_>,
        recipe: &Recipe,
        watched: Watched,
    ) -> Result<Pixels, Error> {
        recipe.check(&policy.limits)?;
        let read = |done: &Done| answer::pixels(done, policy, recipe);
        self.ask(Verb::Pixels, policy, upload, recipe, watched, read)
    }

    pub(crate) fn inspect(
        &self,
        policy: &Policy,
        upload: &Upload<'_>,
        watched: Watched,
    ) -> Result<Inspection, Error> {
        // What an inspection is about; it makes nothing of the recipe that it is sent.
        let recipe = Recipe::within(256, 256);
        self.ask(Verb::Inspect, policy, upload, &recipe, watched, answer::inspection)
    }

    pub(crate) fn posture(&self) -> Result<Posture, Error> {
        self.0.posture().map_err(Error::isolation)
    }

    pub(crate) fn counts(&self) -> Counts {
        self.0.counts()
    }

    pub(crate) fn attempt(&self, attempt: Attempt) -> Result<Outcome, Error> {
        self.0.attempt(attempt).map_err(Error::isolation)
    }

    /// What `read` makes of the answer. What is none ends the worker.
    fn ask<T>(
        &self,
        verb: Verb,
        policy: &Policy,
        upload: &Upload<'_>,
        recipe: &Recipe,
        watched: Watched,
        read: impl FnOnce(&Done) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let limits = &policy.limits;
        // What is over this limit is not even copied.
        limits.check(Stage::Sniff, Limit::MaxInputBytes, upload.bytes.len() as u64)?;
        if upload.cancel.is_cancelled() {
            return Err(cancelled());
        }
        let input = upload.sealed.map_or(Input::Bytes(upload.bytes), Input::Sealed);
        let request = Request::new(verb, watched, policy, recipe, upload).to_bytes();
        let begun = Instant::now();
        let deadline = begun.checked_add(limits.max_wall).and_then(|at| at.checked_add(GRACE));
        let is_cancelled = || upload.cancel.is_cancelled();
        let job = Job { request: &request, input, deadline, is_cancelled: Some(&is_cancelled) };
        let believed = |done| {
            let known = Known { verb, watched, limits, took: begun.elapsed() };
            let Asked { done, stages } = Asked::of(done, known).ok_or(Incident::Protocol)?;
            let made = read(&done);
            if matches!(&made, Err(error) if matches!(error.kind(), Kind::Isolation { .. })) {
                return Err(Incident::Protocol);
            }
            stages.iter().for_each(Measured::tell);
            Ok(made)
        };
        self.0.run_checked(&job, believed).map_err(|why| match why {
            NoAnswer::Cancelled => cancelled(),
            NoAnswer::Incident(incident) => {
                if incident.is_of_the_input() || incident == Incident::Killed {
                    fic_trail::metric::worker_restarted(incident.name());
                }
                Error::isolation(incident)
            }
        })?
    }
}

/// An answer, and what it says of the stages before it says anything else.
struct Asked {
    done: Done,
    stages: Vec<Measured>,
}

impl Asked {
    fn of(mut done: Done, known: Known<'_>) -> Option<Asked> {
        let mut from = Reading::of(&done.head);
        let stages = sheet::read(&mut from, known)?;
        let read = done.head.len().saturating_sub(from.rest().len());
        done.head.drain(..read);
        Some(Asked { done, stages })
    }
}

fn cancelled() -> Error {
    Error::new(Kind::Cancelled, Stage::Decode, "cancelled by the caller")
}

/// A worker's side of a call.
fn work(scratch: &Scratch, request: &[u8], input: &[u8], answer: &mut Answer) {
    let Some(request) = Request::parse(request) else { return };
    let upload = Upload {
        media_type: request.media_type.media_type(),
        file_name: request.file_name.file_name(),
        cancel: Cancel::new(),
        ..Upload::new(input)
    };
    let work = || made(scratch, &request, &upload);
    let (Made { head, output, is_upstream }, stages) = match request.watched {
        Watched::No => (work(), Vec::new()),
        Watched::Yes => measured(work),
    };
    // A worker in which a decoder panicked has done its last picture.
    if is_upstream {
        answer.retire();
    }
    let mut sheet = Writing::default();
    sheet::write(&stages, &mut sheet);
    // What cannot be written or is no head leaves the answer empty, which the parent takes for none.
    if answer.write_all(&output).is_ok() {
        let _ = answer.set_head(&[sheet.0, head].concat());
    }
}

/// An answer but for the stages.
struct Made {
    head: Vec<u8>,
    output: Vec<u8>,
    is_upstream: bool,
}

fn made(scratch: &Scratch, request: &Request, upload: &Upload<'_>) -> Made {
    let (policy, recipe) = (&request.policy, &request.recipe);
    let made = match request.verb {
        Verb::Thumbnail => guarded(|| pipeline::thumbnail(policy, scratch, upload, recipe))
            .map(|thumb| (answer::write_thumbnail(&thumb), thumb.bytes)),
        Verb::Pixels => guarded(|| pipeline::pixels(policy, scratch, upload, recipe))
            .map(|pixels| (answer::write_pixels(&pixels), pixels.buffer.into_bytes())),
        Verb::Inspect => guarded(|| Inspection::of(policy, upload))
            .map(|inspection| (answer::write_inspection(&inspection), Vec::new())),
    };
    match made {
        Ok((head, output)) => Made { head, output, is_upstream: false },
        Err(error) => Made {
            head: answer::write_refusal(&error),
            output: Vec::new(),
            is_upstream: error.kind() == Kind::Upstream,
        },
    }
}

#[cfg(test)]
mod tests {
    use fic_core::Limits;
    use fic_isolate::SealedFile;

    use super::*;

    #[test]
    fn an_answer_that_does_not_start_with_its_stages_is_none() {
        let limits = Limits::untrusted();
        let known = |watched| Known { verb: Verb::Pixels, watched, limits: &limits, took: Duration::ZERO };
        let asked = |head: &[u8], watched| {
            let done = Done { head: head.to_vec(), output: SealedFile::of(b"").unwrap() };
            Asked::of(done, known(watched)).map(|asked| asked.done.head)
        };
        for watched in [Watched::No, Watched::Yes] {
            assert_eq!(asked(&[0, 1, 2], watched), Some(vec![1, 2]));
            for head in [&[][..], &[1], &[7], &[u8::MAX; 4_000]] {
                assert_eq!(asked(head, watched), None);
            }
        }
    }
}
