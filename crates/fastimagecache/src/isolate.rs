//! The same calls in confined worker processes (feature `isolate`, Linux; elsewhere none can be built).
//!
//! A worker is this same program, started once more: call [`run_if_worker`] first in `main`. A program that cannot do
//! that (its `main` is not its own) installs the binary `fastimagecache-worker` and names it with [`Builder::program`].
//!
//! ```no_run
//! use fastimagecache::isolate::{Isolated, run_if_worker};
//! use fastimagecache::{Isolation, Policy, Recipe};
//!
//! run_if_worker(); // first: in a worker, this does not return
//! let policy = Policy::untrusted().with_isolation(Isolation::Always);
//! let isolated = Isolated::builder().policy(policy).workers(4).build()?;
//! let upload = std::fs::read("photo.jpg").unwrap_or_default();
//! let thumb = isolated.thumbnail(&upload, &Recipe::within(256, 256))?;
//! println!("{}", isolated.posture()?);
//! # let _ = thumb;
//! # Ok::<(), fastimagecache::Error>(())
//! ```
//!
//! (The example is not run here, because a test's `main` is not its own.)
//!
//! What a worker sends is taken for hostile: sizes are held to the recipe and the limits, and an encoded picture to an
//! outline of our own. A worker that was taken over can still answer with a wrong picture, a wrong report or a wrong
//! refusal of the upload that took it over, and, until it is replaced, of those after it; it can reach nothing else.

#[cfg(target_os = "linux")]
mod answer;
#[cfg(target_os = "linux")]
mod codec;
#[cfg(target_os = "linux")]
mod phrases;
#[cfg(target_os = "linux")]
mod refusal;
#[cfg(target_os = "linux")]
mod request;
#[cfg(target_os = "linux")]
mod sheet;
#[cfg(all(feature = "mmap", target_os = "linux"))]
mod staged;
#[cfg_attr(not(target_os = "linux"), path = "isolate/nowhere.rs")]
mod workers;

use std::path::PathBuf;
use std::time::Duration;

use fic_core::{Kind, Limits, Stage};
#[cfg(target_os = "linux")]
pub use fic_isolate::{Attempt, Counts, Outcome};
pub use fic_isolate::{Guard, Posture, ResourceLimits};

use crate::policy::Isolation;
use crate::report::{Pixels, Thumbnail};
use crate::{Error, Inspection, Policy, Recipe, Thumbnailer, Upload};

#[cfg(all(feature = "mmap", target_os = "linux"))]
pub use staged::Staged;
pub(crate) use workers::Workers;
pub use workers::run_if_worker;

/// A [`Thumbnailer`] whose work is done by confined workers, as its policy says. `Send + Sync`; clones share the
/// workers, which end with the last of them.
#[derive(Clone, Debug)]
pub struct Isolated(Thumbnailer);

/// How an [`Isolated`] is to be.
#[derive(Clone, Debug)]
pub struct Builder {
    pub(crate) policy: Policy,
    pub(crate) workers: usize,
    pub(crate) jobs_per_worker: u32,
    pub(crate) required: Posture,
    pub(crate) program: Option<PathBuf>,
    pub(crate) poison: (usize, Duration),
}

impl Isolated {
    /// One worker for every core, each replaced after 1,000 pictures, under [`Policy::untrusted`] and
    /// [`Isolation::Always`]; everything that confines a worker is required.
    pub fn builder() -> Builder {
        Builder {
            policy: Policy::untrusted().with_isolation(Isolation::Always),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            jobs_per_worker: 1_000,
            required: Posture::full(),
            program: None,
            poison: (1_024, Duration::from_secs(600)),
        }
    }

    /// As [`Thumbnailer::thumbnail`].
    ///
    /// # Errors
    /// As there, and `Isolation`, which says what became of the worker.
    pub fn thumbnail<'a>(&self, upload: impl Into<Upload<'a>>, recipe: &Recipe) -> Result<Thumbnail, Error> {
        self.0.thumbnail(upload, recipe)
    }

    /// As [`Thumbnailer::pixels`].
    ///
    /// # Errors
    /// As [`Isolated::thumbnail`].
    pub fn pixels<'a>(&self, upload: impl Into<Upload<'a>>, recipe: &Recipe) -> Result<Pixels, Error> {
        self.0.pixels(upload, recipe)
    }

    /// As [`Thumbnailer::inspect`].
    ///
    /// # Errors
    /// As [`Isolated::thumbnail`].
    pub fn inspect<'a>(&self, upload: impl Into<Upload<'a>>) -> Result<Inspection, Error> {
        self.0.inspect(upload)
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        self.0.policy()
    }

    /// The thumbnailer that has its work done by these workers: to put a cache before it, for instance.
    pub fn thumbnailer(&self) -> &Thumbnailer {
        &self.0
    }

    /// What is in force in a worker, as it found it itself.
    ///
    /// # Errors
    /// `Isolation` where no worker starts.
    pub fn posture(&self) -> Result<Posture, Error> {
        self.workers()?.posture()
    }

    /// What the workers have done so far.
    ///
    /// # Errors
    /// `Isolation` where there are none.
    #[cfg(target_os = "linux")]
    pub fn counts(&self) -> Result<Counts, Error> {
        self.workers().map(Workers::counts)
    }

    /// Has a fresh worker try something forbidden, and throws it away.
    ///
    /// # Errors
    /// `Isolation` where none starts.
    #[cfg(target_os = "linux")]
    pub fn attempt(&self, attempt: Attempt) -> Result<Outcome, Error> {
        self.workers()?.attempt(attempt)
    }

    fn workers(&self) -> Result<&Workers, Error> {
        self.0.workers.as_ref().ok_or_else(|| Error::isolation(fic_core::Incident::Unavailable))
    }
}

impl Builder {
    /// Under another policy, whose [`Policy::isolation`] says which uploads go to a worker.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Builder {
        self.policy = policy;
        self
    }

    /// Under other limits. What a worker may take follows from them.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Builder {
        self.policy.limits = limits;
        self
    }

    /// So many workers at most, and so many pictures at once. They are started when they are needed.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Builder {
        self.workers = workers;
        self
    }

    /// Replaces a worker after so many pictures.
    #[must_use]
    pub fn jobs_per_worker(mut self, jobs: u32) -> Builder {
        self.jobs_per_worker = jobs;
        self
    }

    /// Uses no worker in which less than this is in force.
    #[must_use]
    pub fn require(mut self, posture: Posture) -> Builder {
        self.required = posture;
        self
    }

    /// Another program as worker, such as `fastimagecache-worker` of the same version.
    #[must_use]
    pub fn program(mut self, program: impl Into<PathBuf>) -> Builder {
        self.program = Some(program.into());
        self
    }

    /// Remembers up to `capacity` uploads that ended a worker, for so long, and refuses them without one. Zero
    /// remembers none.
    #[must_use]
    pub fn poison(mut self, capacity: usize, keep_for: Duration) -> Builder {
        self.poison = (capacity, keep_for);
        self
    }

    /// Starts the first worker.
    ///
    /// # Errors
    /// `Isolation` where none can be had that is confined as required, which is everywhere but on Linux;
    /// `Misuse` for a policy that never isolates, or no worker at all.
    pub fn build(self) -> Result<Isolated, Error> {
        let misuse = |what| Err(Error::new(Kind::Misuse, Stage::Admit, what));
        if self.policy.isolation == Isolation::Never {
            return misuse("the policy of an isolated thumbnailer never isolates");
        }
        if self.workers == 0 || self.jobs_per_worker == 0 {
            return misuse("an isolated thumbnailer needs a worker, and each a picture to make");
        }
        let workers = Workers::start(&self)?;
        let mut thumbnailer = Thumbnailer::new(self.policy);
        thumbnailer.workers = Some(workers);
        Ok(Isolated(thumbnailer))
    }
}
