//! A pool of workers: what comes in is jobs from many threads, what leaves is answers and incidents.
//!
//! A worker that failed is never used again, and its end touches no other job. Workers are started when they are
//! needed, up to the pool's size.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fic_core::Incident;

use crate::attempt::{Attempt, Outcome};
use crate::keeper::Keeper;
use crate::memfd::SealedFile;
use crate::poison::{Poison, digest};
use crate::posture::Posture;
use crate::process::{Bounds, Done, Failed, Task, Worker};
use crate::worker::SELF;

/// How a pool is to be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Workers at most, and so jobs at once. At least one.
    pub workers: usize,
    /// Jobs after which a worker is replaced: what one may have gathered does not last. At least one.
    pub jobs_per_worker: u32,
    /// What each may take.
    pub bounds: Bounds,
    /// What must be in force in a worker for it to be used.
    pub required: Posture,
    /// The program that is a worker when it is started as one; by default this program itself.
    pub program: PathBuf,
    /// Inputs that ended a worker that are remembered; zero for none.
    pub poison_capacity: usize,
    /// For how long they are.
    pub poison_for: Duration,
}

impl Config {
    /// One worker of this program under `bounds`, replaced after 1,000 jobs, with everything in force that there
    /// is; 1,024 poison inputs are remembered for ten minutes.
    pub fn new(bounds: Bounds) -> Config {
        Config {
            workers: 1,
            jobs_per_worker: 1_000,
            bounds,
            required: Posture::full(),
            program: SELF.into(),
            poison_capacity: 1_024,
            poison_for: Duration::from_secs(600),
        }
    }
}

/// One thing to be done by a worker.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// What the worker's function is told, at most 3 KiB.
    pub request: &'a [u8],
    /// The untrusted bytes.
    pub input: Input<'a>,
    /// When the worker is killed.
    pub deadline: Option<Instant>,
    /// Looked at every few milliseconds: whether the caller has lost interest.
    pub is_cancelled: Option<&'a dyn Fn() -> bool>,
}

/// The untrusted bytes of a job.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Copied into a file of the worker's that is used again, and out of it before one is looked at.
    Bytes(&'a [u8]),
    /// In a file already, as where an upload was received into one: mapped by the worker (feature `mmap`), or copied.
    Sealed(&'a SealedFile),
}

impl Input<'_> {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Input::Bytes(bytes) => bytes.len() as u64,
            Input::Sealed(file) => file.len(),
        }
    }

    fn digest(&self) -> Option<[u8; 32]> {
        match self {
            Input::Bytes(bytes) => Some(digest(bytes)),
            Input::Sealed(file) => file.to_vec().ok().map(|bytes| digest(&bytes)),
        }
    }
}

/// What a pool has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Workers that were started.
    pub started: u64,
    /// Workers that run now.
    pub running: u64,
    /// Jobs that were answered.
    pub answered: u64,
    /// Jobs that ended a worker.
    pub incidents: u64,
    /// Jobs that were refused because their input had ended a worker before.
    pub poisoned: u64,
    /// Poison inputs that are remembered now.
    pub remembered: u64,
}

/// Workers, and who keeps them. Clones share them; they end when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    config: Config,
    // Workers go before the thread that started them: the kernel would end them with it.
    state: Mutex<State>,
    keeper: Keeper,
    freed: Condvar,
    poison: Poison,
    started: AtomicU64,
    answered: AtomicU64,
    incidents: AtomicU64,
    poisoned: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Worker>,
    /// Idle or at work.
    running: usize,
}

/// Why a job has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The caller lost interest.
    Cancelled,
    /// What happened instead.
    Incident(Incident),
}

impl Pool {
    /// A pool with its first worker, which shows that there can be one.
    ///
    /// # Errors
    /// `Unavailable` where no worker starts, `Unconfined` where less is in force in it than the config requires.
    pub fn new(config: Config) -> Result<Pool, Incident> {
        let keeper = Keeper::new().map_err(|_| Incident::Unavailable)?;
        let poison = Poison::new(config.poison_capacity, config.poison_for);
        let pool = Pool(Arc::new(Shared {
            config,
            state: Mutex::default(),
            keeper,
            freed: Condvar::new(),
            poison,
            started: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            incidents: AtomicU64::new(0),
            poisoned: AtomicU64::new(0),
        }));
        pool.any()?.give_back();
        Ok(pool)
    }

    /// How it is.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// What it has done so far.
    pub fn counts(&self) -> Counts {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            started: of(&self.0.started),
            running: self.0.lock().running as u64,
            answered: of(&self.0.answered),
            incidents: of(&self.0.incidents),
            poisoned: of(&self.0.poisoned),
            remembered: self.0.poison.len() as u64,
        }
    }

    /// What is in force in a worker of this pool, as it found it itself.
    ///
    /// # Errors
    /// `Unavailable` where none starts.
    pub fn posture(&self) -> Result<Posture, Incident> {
        let place = self.any()?;
        let posture = place.worker.as_ref().map(|worker| *worker.posture());
        place.give_back();
        posture.ok_or(Incident::Unavailable)
    }

    /// Has a worker do `job`.
    ///
    /// # Errors
    /// The incident that ended the worker; `Poisoned`, without a worker, for bytes that ended one before;
    /// `Unavailable` where there is none.
    pub fn run(&self, job: &Job<'_>) -> Result<Done, NoAnswer> {
        self.run_checked(job, Ok)
    }

    /// The same for who knows more of what an answer must be: where `check` returns an incident, the job had that
    /// incident, and the worker is never used again.
    ///
    /// # Errors
    /// As [`Pool::run`], and what `check` found.
    pub fn run_checked<T>(
        &self,
        job: &Job<'_>,
        check: impl FnOnce(Done) -> Result<T, Incident>,
    ) -> Result<T, NoAnswer> {
        let shared = &self.0;
        if shared.poison.has(job.input.len(), || job.input.digest()) {
            shared.poisoned.fetch_add(1, Ordering::Relaxed);
            return Err(NoAnswer::Incident(Incident::Poisoned));
        }
        let checked = self.ask(Task::Work, job).and_then(|(place, done)| {
            let checked = check(done).map_err(NoAnswer::Incident)?;
            place.give_back();
            Ok(checked)
        });
        match &checked {
            Ok(_) => _ = shared.answered.fetch_add(1, Ordering::Relaxed),
            Err(NoAnswer::Incident(incident)) if incident.is_of_the_input() => {
                shared.incidents.fetch_add(1, Ordering::Relaxed);
                if let Some(digest) = job.input.digest() {
                    shared.poison.remember(job.input.len(), digest);
                }
            }
            Err(_) => {}
        }
        checked
    }

    /// Has a fresh worker try something forbidden, and throws it away.
    ///
    /// # Errors
    /// `Unavailable` where none starts; whatever else ended it.
    pub fn attempt(&self, attempt: Attempt) -> Result<Outcome, Incident> {
        let shared = &self.0;
        let worker = Worker::start(&shared.keeper, &shared.config.program, &shared.config.bounds);
        let mut worker = worker.map_err(|_| Incident::Unavailable)?;
        let deadline = Instant::now().checked_add(Duration::from_secs(10));
        match worker.ask(Task::Attempt(attempt.number()), &[], Input::Bytes(&[]), deadline, None) {
            Ok(done) => Outcome::from_bytes(&done.head).ok_or(Incident::Protocol),
            Err(Failed::Incident(Incident::Forbidden)) => Ok(Outcome::Killed),
            Err(Failed::Incident(incident)) => Err(incident),
            Err(Failed::Cancelled | Failed::Here | Failed::Stale) => Err(Incident::Unavailable),
        }
    }

    /// A worker, however long it takes.
    fn any(&self) -> Result<Place<'_>, Incident> {
        self.0.place(None, None).map_err(|why| match why {
            NoAnswer::Cancelled => Incident::Unavailable,
            NoAnswer::Incident(incident) => incident,
        })
    }

    fn ask(&self, task: Task, job: &Job<'_>) -> Result<(Place<'_>, Done), NoAnswer> {
        loop {
            let mut place = self.0.place(job.deadline, job.is_cancelled)?;
            let Some(worker) = place.worker.as_mut() else {
                return Err(NoAnswer::Incident(Incident::Unavailable));
            };
            let is_first = worker.jobs() == 0;
            match worker.ask(task, job.request, job.input, job.deadline, job.is_cancelled) {
                Ok(done) => return Ok((place, done)),
                // It was killed while it waited for work: that is not this job's affair. A fresh one that is gone
                // at once would be gone again.
                Err(Failed::Stale) if !is_first => {}
                Err(Failed::Cancelled) => return Err(NoAnswer::Cancelled),
                Err(Failed::Incident(incident)) => return Err(NoAnswer::Incident(incident)),
                Err(Failed::Here | Failed::Stale) => {
                    return Err(NoAnswer::Incident(Incident::Unavailable));
                }
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker that nobody else has: an idle one, a new one where there is room, or the next that is given back.
    fn place(
        &self,
        deadline: Option<Instant>,
        is_cancelled: Option<&dyn Fn() -> bool>,
    ) -> Result<Place<'_>, NoAnswer> {
        let mut state = self.lock();
        loop {
            if let Some(worker) = state.idle.pop() {
                return Ok(Place { shared: self, worker: Some(worker) });
            }
            if state.running < self.config.workers.max(1) {
                state.running = state.running.saturating_add(1);
                drop(state);
                // From here on the place is given back whatever happens.
                let mut place = Place { shared: self, worker: None };
                place.worker = Some(self.start().map_err(NoAnswer::Incident)?);
                return Ok(place);
            }
            if is_cancelled.is_some_and(|is_cancelled| is_cancelled()) {
                return Err(NoAnswer::Cancelled);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                // Every worker was busy all the time: that is not this input's doing.
                return Err(NoAnswer::Incident(Incident::Unavailable));
            }
            let step = left.unwrap_or(LOOK).min(LOOK);
            (state, _) = self.freed.wait_timeout(state, step).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn start(&self) -> Result<Worker, Incident> {
        let worker = Worker::start(&self.keeper, &self.config.program, &self.config.bounds);
        let worker = worker.map_err(|_| Incident::Unavailable)?;
        self.started.fetch_add(1, Ordering::Relaxed);
        let missing = worker.posture().missing(&self.config.required);
        if missing.is_empty() { Ok(worker) } else { Err(Incident::Unconfined) }
    }
}

/// How often who waits for a worker looks whether it still should.
const LOOK: Duration = Duration::from_millis(20);

/// The right to one worker. Dropping it ends the worker and lets another be started.
struct Place<'a> {
    shared: &'a Shared,
    worker: Option<Worker>,
}

impl Place<'_> {
    /// Puts the worker back, unless it has served its time.
    fn give_back(mut self) {
        let spent =
            |worker: &Worker| worker.is_last() || worker.jobs() >= self.shared.config.jobs_per_worker.max(1);
        let Some(worker) = self.worker.take_if(|worker| !spent(worker)) else { return };
        self.shared.lock().idle.push(worker);
        self.shared.freed.notify_one();
        std::mem::forget(self);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        // Killed and reaped before anybody hears of it.
        drop(self.worker.take());
        let mut state = self.shared.lock();
        state.running = state.running.saturating_sub(1);
        drop(state);
        self.shared.freed.notify_one();
    }
}
