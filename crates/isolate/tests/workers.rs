//! Workers that do their worst, and the pool that outlives them.

#![cfg(target_os = "linux")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot be set up must fail")]
#![allow(clippy::print_stdout, reason = "what was measured is worth reading")]

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fic_core::Incident;
use fic_isolate::{
    Attempt, Bounds, Config, Done, Guard, Input, Job, NoAnswer, Outcome, Pool, Posture, SealedFile,
};

/// Tests count this process's children and descriptors: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

const BOUNDS: Bounds = Bounds { memory_bytes: 96 << 20, output_bytes: 1 << 20, cpu_seconds: 600 };

fn config(workers: usize) -> Config {
    let mut config = Config::new(BOUNDS);
    config.workers = workers;
    config.program = PathBuf::from(env!("CARGO_BIN_EXE_fic-evil-worker"));
    // An older kernel or a container without Landlock still has the list of system calls.
    config.required = Posture::full().without(Guard::Landlock);
    config.poison_capacity = 0;
    config
}

fn pool(workers: usize) -> Pool {
    Pool::new(config(workers)).unwrap()
}

fn run(pool: &Pool, request: &[u8], input: &[u8], limit: Duration) -> Result<Done, Incident> {
    let input = Input::Bytes(input);
    let deadline = Instant::now().checked_add(limit);
    match pool.run(&Job { request, input, deadline, is_cancelled: None }) {
        Ok(done) => Ok(done),
        Err(NoAnswer::Incident(incident)) => Err(incident),
        Err(NoAnswer::Cancelled) => panic!("nobody cancelled"),
    }
}

fn good(pool: &Pool, input: &[u8]) {
    let done = run(pool, b"e", input, Duration::from_secs(60)).unwrap();
    let backwards: Vec<u8> = input.iter().rev().copied().collect();
    assert_eq!(done.output.to_vec().unwrap(), backwards);
    assert_eq!(done.head, (input.len() as u64).to_le_bytes());
}

/// Descriptors that this process has open.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Processes that this one started and that are still there, also as a zombie.
fn children() -> usize {
    let me = format!("PPid:\t{}", std::process::id());
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let statuses = processes.filter_map(|process| fs::read_to_string(process.path().join("status")).ok());
    statuses.filter(|status| status.lines().any(|line| line == me)).count()
}

/// What each evil is called and must end as.
const EVILS: [(&[u8], &[Incident]); 5] = [
    (b"l", &[Incident::Deadline]),
    (b"m", &[Incident::Memory]),
    (b"a", &[Incident::Crashed { signal: 6 }]),
    (b"w", &[Incident::Output]),
    (b"f", &[Incident::Forbidden]),
];

/// Each evil so many times while eight other threads have honest work done; the latest end after its deadline. `limit` is
/// the loop's, which ends by nothing else; `patience` is that of the others, which end by themselves.
fn a_siege(rounds: usize, limit: Duration, patience: Duration) -> Duration {
    let _alone = ALONE.lock().unwrap_or_else(|held| held.into_inner());
    let before = (descriptors(), children());
    let pool = pool(9);
    let (is_over, honest) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut latest = Duration::ZERO;
    thread::scope(|scope| {
        for n in 0..8_u8 {
            let (pool, is_over, honest) = (&pool, &is_over, &honest);
            scope.spawn(move || {
                let input: Vec<u8> = (0..10_000_u32).map(|at| (at % 251) as u8 ^ n).collect();
                while !is_over.load(Ordering::Relaxed) {
                    good(pool, &input);
                    honest.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(1));
                }
            });
        }
        let ended = thread::Builder::new().spawn_scoped(scope, || {
            let mut latest = Duration::ZERO;
            for round in 0..rounds {
                for (request, incidents) in EVILS {
                    let limit = if incidents == [Incident::Deadline] { limit } else { patience };
                    let start = Instant::now();
                    let incident = run(&pool, request, &[1, 2, 3], limit).unwrap_err();
                    latest = latest.max(start.elapsed().saturating_sub(limit));
                    let request = request.escape_ascii();
                    assert!(incidents.contains(&incident), "{request} in round {round}: {incident:?}");
                }
            }
            latest
        });
        let ended = ended.unwrap().join();
        is_over.store(true, Ordering::Relaxed);
        latest = ended.unwrap();
    });
    let counts = pool.counts();
    println!("{} honest jobs, {} incidents, {counts:?}", honest.into_inner(), counts.incidents);
    assert_eq!(counts.incidents, (rounds * EVILS.len()) as u64);
    drop(pool);
    // The thread that started the workers ends a moment later, and holds nothing.
    assert_eq!((descriptors(), children()), before, "descriptors and processes");
    latest
}

#[test]
fn every_evil_ends_as_its_own_error_and_touches_nobody_else() {
    let latest = a_siege(4, Duration::from_millis(300), Duration::from_secs(60));
    println!("the latest ended {latest:?} after its deadline");
}

/// `cargo test --release -p fic-isolate --test workers -- --ignored --nocapture`; `ISOLATE_ROUNDS=100` makes it shorter.
#[test]
#[ignore = "takes some twenty minutes and a machine that is quiet: it judges time"]
fn a_thousand_of_each_evil_end_within_50_ms_of_their_deadline() {
    let rounds = std::env::var("ISOLATE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1_000);
    let latest = a_siege(rounds, Duration::from_millis(400), Duration::from_millis(400));
    println!("{rounds} rounds; the latest ended {latest:?} after its deadline");
    assert!(latest <= Duration::from_millis(50), "{latest:?}");
}

#[test]
fn whatever_else_a_worker_does_wrong_has_its_own_word_too() {
    let _alone = ALONE.lock().unwrap_or_else(|held| held.into_inner());
    let pool = pool(1);
    let limit = Duration::from_secs(20);
    for (request, incident) in [
        (b"M", Incident::Memory),
        (b"g", Incident::Protocol),
        (b"G", Incident::Protocol),
        (b"L", Incident::Protocol),
        (b"x", Incident::Exited { code: 7 }),
        (b"s", Incident::Crashed { signal: 6 }),
    ] {
        let found = run(&pool, request, b"input", limit).unwrap_err();
        assert_eq!(found, incident, "{}", request.escape_ascii());
        good(&pool, b"the next job gets a fresh worker");
    }
}

#[test]
fn what_is_tried_from_inside_a_worker_is_denied() {
    let _alone = ALONE.lock().unwrap_or_else(|held| held.into_inner());
    let pool = pool(1);
    for attempt in Attempt::ALL {
        let outcome = pool.attempt(attempt).unwrap();
        println!("{}: {outcome:?}", attempt.what());
        match attempt {
            // The decoders' threads take an error for an answer.
            Attempt::Thread => assert_eq!(outcome, Outcome::Denied { errno: 1 }),
            _ => assert_eq!(outcome, Outcome::Killed, "{attempt:?}"),
        }
    }
    good(&pool, b"and the pool goes on");
}

#[test]
fn the_posture_is_what_the_kernel_says_of_a_worker() {
    let _alone = ALONE.lock().unwrap_or_else(|held| held.into_inner());
    let pool = pool(1);
    let posture = pool.posture().unwrap();
    println!("{posture}");
    assert!(posture.missing(&config(1).required).is_empty());
    let me = format!("PPid:\t{}", std::process::id());
    let statuses = fs::read_dir("/proc").unwrap().flatten();
    let status = statuses
        .filter_map(|process| fs::read_to_string(process.path().join("status")).ok())
        .find(|status| status.lines().any(|line| line == me))
        .unwrap();
    let value = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(
        (value("Seccomp:"), value("NoNewPrivs:"), value("Threads:")),
        ("2".into(), "1".into(), "1".into())
    );
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(value(set), "0000000000000000", "{set}");
    }
    let resources = posture.resources();
    assert_eq!((resources.file_bytes, resources.core_bytes, resources.processes), (1 << 20, 0, 0));
    assert!(resources.address_space_bytes < 1 << 30);
}

#[test]
fn a_worker_serves_again_and_is_replaced_after_its_jobs() {
    let _alone = ALONE.lock().unwrap_or_else(|held| held.into_inner());
    let mut config = config(1);
    config.jobs_per_worker = 10;
    let pool = Pool::new(config).unwrap();
    for n in 0..25_u8 {
        good(&pool, &vec![n; usize::from(n) * 1000]);
    }
    assert_eq!(pool.counts().started, 3);
    run(&pool, b"r", b"", Duration::from_secs(20)).unwrap();
    good(&pool, b"after one that retired");
    assert_eq!((pool.counts().started, pool.counts().incidents), (4, 0));
}

#[test]
fn bytes_that_ended_a_worker_are_refused_for_a_while_without_one() {
    let _alone = ALONE.lock().unwrap_or_else(|held| held.into_inner());
    let mut config = config(1);
    (config.poison_capacity, config.poison_for) = (8, Duration::from_secs(600));
    let pool = Pool::new(config).unwrap();
    let limit = Duration::from_secs(20);
    assert_eq!(run(&pool, b"a", b"poison", limit).unwrap_err(), Incident::Crashed { signal: 6 });
    let started = pool.counts().started;
    assert_eq!(run(&pool, b"e", b"poison", limit).unwrap_err(), Incident::Poisoned);
    assert_eq!((pool.counts().started, pool.counts().poisoned), (started, 1));
    good(&pool, b"potion");
}

#[test]
fn a_job_is_given_up_when_its_caller_does_not_want_it_any_more() {
    let _alone = ALONE.lock().unwrap_or_else(|held| held.into_inner());
    let pool = pool(1);
    let start = Instant::now();
    let is_cancelled = || start.elapsed() > Duration::from_millis(30);
    let job =
        Job { request: b"l", input: Input::Bytes(b""), deadline: None, is_cancelled: Some(&is_cancelled) };
    assert_eq!(pool.run(&job).unwrap_err(), NoAnswer::Cancelled);
    good(&pool, b"next");
}

#[test]
fn more_is_required_than_is_in_force_and_nothing_is_run() {
    let _alone = ALONE.lock().unwrap_or_else(|held| held.into_inner());
    let mut config = config(1);
    config.required = Posture::full().with_landlock_abi(1_000);
    assert_eq!(Pool::new(config.clone()).unwrap_err(), Incident::Unconfined);
    config.required = Posture::none();
    config.program = PathBuf::from("/bin/true");
    assert_eq!(Pool::new(config.clone()).unwrap_err(), Incident::Unavailable);
    config.program = PathBuf::from("/nonexistent");
    assert_eq!(Pool::new(config).unwrap_err(), Incident::Unavailable);
}

#[test]
fn who_knows_that_an_answer_is_none_ends_its_worker_and_the_input_is_remembered() {
    let _alone = ALONE.lock().unwrap_or_else(|held| held.into_inner());
    let mut config = config(1);
    (config.poison_capacity, config.poison_for) = (8, Duration::from_secs(600));
    let pool = Pool::new(config).unwrap();
    let job = Job { request: b"e", input: Input::Bytes(b"a lie"), deadline: None, is_cancelled: None };
    assert_eq!(pool.run_checked(&job, |done| Ok(done.head.len())).unwrap(), 8);
    let refused = pool.run_checked(&job, |_| Err::<(), _>(Incident::Protocol)).unwrap_err();
    assert_eq!(refused, NoAnswer::Incident(Incident::Protocol));
    assert_eq!(pool.run(&job).unwrap_err(), NoAnswer::Incident(Incident::Poisoned));
    good(&pool, b"the next job gets a fresh worker");
    let counts = pool.counts();
    assert_eq!((counts.started, counts.incidents, counts.answered), (2, 1, 2));
}

#[test]
fn an_empty_input_and_an_empty_output_are_a_job_too() {
    let _alone = ALONE.lock().unwrap_or_else(|held| held.into_inner());
    let pool = pool(1);
    good(&pool, b"");
    let job = run(&pool, b"n", b"no output", Duration::from_secs(20)).unwrap();
    assert_eq!((job.output.len(), job.head.len()), (0, 4));
}

#[test]
fn sealed_long_and_short_inputs_take_turns_and_nothing_of_one_is_seen_in_the_next() {
    let _alone = ALONE.lock().unwrap_or_else(|held| held.into_inner());
    let mut config = config(1);
    // Room for what is echoed backwards.
    config.bounds.output_bytes = 16 << 20;
    let pool = Pool::new(config).unwrap();
    for len in [9_000_000, 3, 100_000, 0, 9_500_000, 99] {
        let input: Vec<u8> = (0..len).map(|at| (at % 249) as u8).collect();
        good(&pool, &input);
        let sealed = SealedFile::of(&input).unwrap();
        let job = Job { request: b"e", input: Input::Sealed(&sealed), deadline: None, is_cancelled: None };
        let done = pool.run(&job).unwrap();
        assert!(done.output.to_vec().unwrap().iter().eq(input.iter().rev()));
    }
    assert_eq!(pool.counts().started, 1);
}
